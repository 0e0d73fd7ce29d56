# shellcheck shell=bash
# Operators: they read the screen of a console, press what it asks for, and every key is counted. To be sourced by cases.

# shellcheck source=expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

# What marks the focused row, in glyphs and in ASCII.
MARK='(▶|>)'
KEYS_FILE=$LAB/keys
rm -f "$KEYS_FILE"

# flat NAME: the whole screen in one line, so that a sentence is one however narrow the console is.
flat() { term_screen "$1" | tr -s ' \n' ' '; }
# on_screen NAME TITLE: the head names this screen.
on_screen() { term_screen "$1" | head -n1 | grep -qE -- " $2 "; }
# shown NAME REGEX: the screen has it now, wrapped or not.
shown() { flat "$1" | grep -qE -- "$2"; }
# both_shown NAME TITLE REGEX
both_shown() { on_screen "$1" "$2" && shown "$1" "$3"; }
# sees NAME TITLE [REGEX]: waits until the screen TITLE shows REGEX; without it the case cannot go on.
sees() {
  until_true both_shown "$1" "$2" "${3:-.}" && return 0
  not_ok "$1 sees $2${3:+: $3}" "the screen $2 with /${3:-.}/" "$(term_screen "$1" | sed '/^$/d')"
  exit 1
}
# press NAME KEY…: presses and counts them.
press() {
  local name=$1 key
  shift
  for key in "$@"; do echo "$name $key" >>"$KEYS_FILE"; done
  term_keys "$name" "$@"
}
# does NAME TITLE REGEX KEY…: waits for what the screen must show before the key is pressed.
does() {
  sees "$1" "$2" "$3"
  local name=$1
  shift 3
  press "$name" "$@"
}
# line_of NAME REGEX: on which line of the screen it stands first; 99 if on none.
line_of() {
  local at
  at=$(term_screen "$1" | grep -nE -m1 -- "$2" | cut -d: -f1 || true)
  echo "${at:-99}"
}
# focus NAME REGEX: goes up or down until the row that is marked matches; twelve keys at the most.
focus() {
  local i
  for ((i = 0; i < 12; i++)); do
    if shown "$1" "$MARK $2"; then return; fi
    if [ "$(line_of "$1" "$2")" -lt "$(line_of "$1" "$MARK")" ]; then press "$1" Up; else press "$1" Down; fi
    sleep 0.2 # a key is drawn within 50 ms; there may be nothing to wait for
  done
  not_ok "$1 reaches the row" "$2" "$(term_screen "$1")"
  exit 1
}
# keys_of NAME: how many keys its operator pressed so far.
keys_of() { grep -c "^$1 " "$KEYS_FILE" || true; }
# at_most NAME LIMIT: the count is said, and is not more.
at_most() {
  local keys
  keys=$(keys_of "$1")
  if [ "$keys" -le "$2" ]; then ok "$1 took $keys keys, at most $2"; else not_ok "$1 takes at most $2 keys" "<= $2" "$keys: $(sed -n "s/^$1 //p" "$KEYS_FILE" | tr '\n' ' ')"; fi
}

# words_on INITIATOR: the session's four words, as they stand on its screen.
words_on() { flat "$1" | grep -oE ' Words ([a-z-]+ ){3}[a-z-]+' | cut -d' ' -f3-; }
has_words() { [ -n "$(words_on "$1")" ]; }
# check_on NAME LABEL: the four check words behind a label on a screen.
check_on() { flat "$1" | grep -oE " $2 ([a-z-]+ ){3}[a-z-]+" | sed "s/^ $2 //"; }
# types JOINER WORD…: three letters of each word, letter by letter; what stands there after a wrong attempt is erased first.
types() {
  local joiner=$1 word
  shift
  sees "$joiner" Trust "$MARK Words \["
  until shown "$joiner" 'Words \[ _'; do press "$joiner" BSpace BSpace BSpace BSpace; sees "$joiner" Trust 'Words \[ _'; done
  for word in "$@"; do press "$joiner" "${word:0:1}" "${word:1:1}" "${word:2:1}"; done
}
# compare INITIATOR JOINER: both operators read their own screen, and call across the room.
compare() {
  local here
  sees "$2" Trust 'Check words '
  sees "$1" Trust "$2 asks "
  here=$(check_on "$1" "$2 asks")
  if [ -n "$here" ] && [ "$here" = "$(check_on "$2" 'Check words')" ]; then ok "$1 and $2 show the same check words"; return; fi
  not_ok "$1 and $2 show the same check words" "$here" "$(check_on "$2" 'Check words')"
  exit 1
}

# opens INITIATOR [NAME]: from Welcome to Peers by the shortest way; NAME instead of the cluster's usual name.
opens() {
  does "$1" Welcome "$MARK Start a cluster" Enter
  # who is quicker than the look at the node sees Preflight, which goes on by itself
  sees "$1" Address '\[x\] eth0'
  if [ -n "${2-}" ]; then
    does "$1" Address "$MARK?\[ Next \]" Tab
    sees "$1" Address "$MARK Cluster name"
    press "$1" BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace # mcloud, or mcloud-2
    sees "$1" Address "$MARK Cluster name \[ _ "
    # shellcheck disable=SC2046
    press "$1" $(grep -o . <<<"$2")
  fi
  press "$1" F10
  # the way on is there once the cluster's database is
  sees "$1" Peers "Ask at an address.*$MARK\[ Next \]"
}
# knocks JOINER INITIATOR: from Welcome, where the session is offered, to the check words.
knocks() {
  does "$1" Welcome "$MARK Join [a-z]+ led by $2 " Enter
  # who is quicker than the look at the node sees Preflight, which goes on by itself to what was chosen
  says_words "$1" "$2"
}
# says_words JOINER INITIATOR: reads the words on the one screen and types them at the other.
says_words() {
  local words
  sees "$1" Trust "$MARK Words \["
  until_true has_words "$2" || { not_ok "$2 shows four words" "four words" "$(term_screen "$2")"; exit 1; }
  read -ra words <<<"$(words_on "$2")"
  types "$1" "${words[@]}"
  does "$1" Trust 'Enter sends them' Enter
}
# answers NAME REGEX: goes to the row and presses Enter. Where the row has come under the focus by itself, the key bar says that the
# first Enter only chooses it.
answers() {
  sees "$1" Trust "$2"
  focus "$1" "$2"
  # on a slow line the key bar comes last
  sees "$1" Trust "$MARK $2.* Enter (Choose|Join|Let in|Turn away) "
  if shown "$1" ' Enter Choose '; then
    press "$1" Enter
    sees "$1" Trust "$MARK $2.* Enter (Join|Let in|Turn away) "
  fi
  press "$1" Enter
}
# trusts INITIATOR JOINER: compared, and both say yes.
trusts() {
  compare "$1" "$2"
  answers "$2" 'They are the same'
  answers "$1" "Its screen shows the same four words: let $2"
  sees "$1" Trust "$2 [0-9.]+ [^ ]+ ([^ ]+ )?trusted"
}
# to_review INITIATOR: from Trust, everybody in, by the suggested answers to Review.
to_review() {
  press "$1" F10
  does "$1" Disks 'Give each node a disk' F10
  does "$1" Network "$MARK\[ Review \]" F10
  sees "$1" Review "$MARK?\[ Install \]"
}

# now_ms: this moment in milliseconds.
now_ms() { date +%s%3N; }
# first_seen NAME REGEX SINCE: how many ms after SINCE the screen showed it, by looks 50 ms apart.
first_seen() {
  local i
  for ((i = 0; i < 400; i++)); do
    if shown "$1" "$2"; then echo $(($(now_ms) - $3)); return; fi
    sleep 0.05
  done
  echo "not within 20 s"
}
# longest_still NAME TITLE: the longest time, in ms, for which this screen did not change at all (looks 0.1 s apart).
longest_still() {
  awk -v title="$2" '{ if (held == title && $1 - at > longest) longest = $1 - at; at = $1; held = $2 } END { print longest + 0 }' "$TERMS/$1.changes"
}
# shown_for NAME TITLE: how long, in ms, the screen was shown in all.
shown_for() {
  awk -v title="$2" '{ if (held == title) sum += $1 - at; at = $1; held = $2 } END { print sum + 0 }' "$TERMS/$1.changes"
}

# freeze HOST / thaw HOST: LXD of the host hangs, and goes on; so that Install takes as long as a case needs.
lxd_signal() {
  local pid
  for pid in $(on "$2" pgrep -x lxd </dev/null); do on "$2" kill "-$1" "$pid" </dev/null; done
}
freeze() { lxd_signal STOP "$1"; }
thaw() { lxd_signal CONT "$1"; }

# daemon_of HOST / face_of HOST: the pids, on the host, of mcloud's daemon and of its face.
daemon_of() { on "$1" pgrep -f '^(mcloudd|mcloud-agent)' </dev/null; }
face_of() { on "$1" pgrep -f '^mcloud$' </dev/null; }
# kept HOST: what is in mcloud's state directory.
kept() { on "$1" sh -c 'cd /var/lib/mcloud && find . -type f | sort | tr "\n" " "' </dev/null; }
# files HOST: everything on the host but mcloud's own directories, LXD's and what systemd writes by itself; mode, owner, size, time.
files() {
  on "$1" find / /run /tmp -xdev \( -path /var/lib/mcloud -o -path /run/mcloud -o -path /run/systemd -o -path /var/log/journal -o -path /run/log \) -prune \
    -o -type d -printf '%p %m %U:%G\n' -o -printf '%p %y %m %U:%G %s %T@\n' </dev/null | sort
}
