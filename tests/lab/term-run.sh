#!/bin/bash
# Runs in a tmux pane: the command on a pty of the host, its exit code into a file. usage: term-run.sh HOST NAME CMD…
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host=$1 name=$2
shift 2
trap : INT QUIT
code=0
HOST_TERM=$TERM on "$host" script -qec "exec $(printf '%q ' "$@")" /dev/null || code=$?
echo $code >"$LAB/term/$name.exit"
