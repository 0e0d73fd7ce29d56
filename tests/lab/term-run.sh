#!/bin/bash
# Runs in a tmux pane: the command on a pty of the host, its exit code into a file. usage: term-run.sh HOST NAME CMD…
# With LINE=BAUD the pty is the host's /dev/ttyS0, and what it says passes no faster than that.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$1" = --on-line ]; then # what slow-pty.py runs
  # shellcheck disable=SC2016
  HOST_TERM=$TERM on "$2" sh -euc 'pts=/dev/pts/$1 baud=$2; shift 2
    touch /dev/ttyS0; mount --bind "$pts" /dev/ttyS0; stty -F /dev/ttyS0 "$baud"
    exec setsid --ctty --wait "$@" </dev/ttyS0 >/dev/ttyS0 2>&1' sh "$SLOW_PTY" "$LINE" "${@:3}"
  exit
fi
host=$1 name=$2
shift 2
trap : INT QUIT
code=0
if [ -n "${LINE-}" ]; then
  "$HERE/slow-pty.py" "/proc/$(init_of "$host")/root/dev/pts/ptmx" $((LINE / 10)) "$0" --on-line "$host" "$@" || code=$?
else
  HOST_TERM=$TERM on "$host" script -qec "exec $(printf '%q ' "$@")" /dev/null || code=$?
fi
echo $code >"$LAB/term/$name.exit"
