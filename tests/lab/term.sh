# shellcheck shell=bash
# Terminals: each command runs in a tmux pane of its own, on a pty of the host; to be sourced after lib.sh.

TERMS=$LAB/term
tmux_lab() { tmux -u -S "$LAB/tmux.sock" -f "$HERE/tmux.conf" "$@"; }

# term_start HOST NAME CMD…: opens terminal NAME and runs CMD in it; `script` gives it a pty of the host's own /dev/pts.
# SIZE=COLUMNSxLINES instead of 80x24; LINE=BAUD: a serial line of that speed instead of a window.
term_start() {
  local host=$1 name=$2
  shift 2
  mkdir -p "$TERMS"
  rm -f "$TERMS/$name".{exit,changes}
  tmux_lab kill-session -t "=$name" 2>/dev/null || true
  local size=${SIZE:-80x24}
  tmux_lab new-session -d -x "${size%x*}" -y "${size#*x}" -e "LINE=${LINE-}" -s "$name" "$HERE/term-run.sh" "$host" "$name" "$@"
  term_watch "$name" &
}
SCREENS=' (Welcome|Preflight|Address|Peers|Trust|Disks|Network|Review|Install|Done|Home) '
# term_watch NAME: keeps every screen that was shown in $TERMS/NAME.seen, until the command ends; in NAME.changes when each
# came, in milliseconds, with the one word of its head that names the screen.
term_watch() {
  local name=$1 screen head before=
  : >"$TERMS/$name.seen"
  while ! term_ended "$name" && screen=$(term_screen "$name" 2>/dev/null); do
    if [ "$screen" != "$before" ]; then
      { sed '/^$/d' <<<"$screen"; echo ----; } >>"$TERMS/$name.seen"
      head=${screen%%$'\n'*}
      [[ $head =~ $SCREENS ]] || BASH_REMATCH=(- -)
      echo "$((${EPOCHREALTIME/[.,]/} / 1000)) ${BASH_REMATCH[1]}" >>"$TERMS/$name.changes"
    fi
    before=$screen
    sleep 0.1
  done
}
# term_showed NAME REGEX: a line of the terminal matches (extended) now or did before.
term_showed() { grep -qE -- "$2" "$TERMS/$1.seen" || term_shows "$@"; }
# term_screen NAME: the 24 lines of the terminal now.
term_screen() { tmux_lab capture-pane -p -t "=$1:"; }
# term_shows NAME REGEX: a line of the terminal matches (extended) now.
term_shows() { term_screen "$1" | grep -qE -- "$2"; }
# term_wait NAME REGEX: waits for it.
term_wait() { until_true term_shows "$@"; }
# term_keys NAME KEY…: presses keys by their tmux names (Enter, C-c, F10, Down, a).
term_keys() { local name=$1; shift; tmux_lab send-keys -t "=$name:" "$@"; }
# term_ended NAME: the command has ended. term_exit NAME: waits for that, says the exit code.
term_ended() { [ -s "$TERMS/$1.exit" ]; }
term_exit() { until_true term_ended "$1" && cat "$TERMS/$1.exit" || echo "still running"; }
# term_names: the terminals open.
term_names() { tmux_lab list-sessions -F '#{session_name}' 2>/dev/null || true; }
# term_clear: closes all of them.
term_clear() { tmux_lab kill-server 2>/dev/null || true; rm -rf "$TERMS"; }
