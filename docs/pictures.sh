#!/bin/bash
# Makes the pictures of the README and the manual: the real screens of a rehearsal, as an 80x24 console shows them.
# usage: docs/pictures.sh [MCLOUD]     writes docs/screens/*.txt, and README's pictures from them; needs tmux, and
#                                      mcloud (target/release/mcloud)
#
# What differs from run to run gets the same value in each: the words and check words (fixed words of the
# same list), times of day, the seconds of a run. Everything else is as it was drawn.
set -euo pipefail
cd "$(dirname "$0")/.."

mcloud=${1:-target/release/mcloud}
out=docs/screens
# Free of the settings and of the sessions of whoever calls; each rehearsal has a server of its own.
pane=(false)
opened=0
# The words that stand in every picture: the session's, then each joiner's check words.
words="lantern  garlic  hedgehog  zebra"
check=("falcon  cactus  nectar  igloo" "banana  jigsaw  umbrella  walrus")

die() {
  echo "docs/pictures.sh: $*" >&2
  exit 1
}

close() { "${pane[@]}" kill-server 2>/dev/null || true; }
trap close EXIT

press() { "${pane[@]}" send-keys -t wizard "$@"; }
screen() { "${pane[@]}" capture-pane -t wizard -p; }

# Waits until the screen has a line that fits, for some seconds.
shown() {
  local tries
  for ((tries = 0; tries < $2 * 20; tries++)); do
    ! screen | grep -Eq -- "$1" || return 0
    sleep 0.05
  done
  return 1
}

until_shown() {
  shown "$1" "${2:-60}" && return
  screen >&2
  die "\"$1\" was never shown"
}

# Presses a key until it has worked: the way on is shut for as long as the engine is busy.
press_until() {
  local tries
  for tries in {1..10}; do
    press "$1"
    ! shown "$2" 3 || return 0
  done
  until_shown "$2"
}

# Opens the wizard at the initiator's console.
open() {
  close
  opened=$((opened + 1))
  pane=(env -u TMUX LC_ALL=C.UTF-8 tmux -f /dev/null -L "mcloud-pictures-$$-$opened")
  "${pane[@]}" new-session -d -x 80 -y 24 -s wizard "$mcloud rehearse --seed 7 --speed 1 --there all --look color $*"
  until_shown 'on pi-a: Raspberry Pi'
}

# From Welcome to Trust, where pi-b and then pi-c ask. Which one comes first is chance: says so.
to_trust() {
  press_until Enter '\[x\] eth0'
  press_until F10 '\[x\] pi-b'
  until_shown '\[x\] pi-c'
  press_until F10 'step 5 of 10'
  until_shown 'pi-b asks'
  until_shown 'pi-c asks'
  screen | grep ' asks' | head -n 1 | grep -q pi-b
}

# Tries until the joiners come in the order of their names, as on the pictures.
open_at_trust() {
  local tries
  for tries in {1..20}; do
    open "$@"
    ! to_trust || return 0
  done
  die "pi-c was always the first"
}

# From Trust to Disks.
to_disks() {
  press Enter
  until_shown 'pi-b .*trusted'
  until_shown '▶ .*let pi-c in'
  # The row that had the focus has gone: the first Enter only chooses the next one.
  until_shown 'Enter Choose'
  press Enter
  until_shown 'Enter Let in'
  press Enter
  until_shown 'pi-c .*trusted'
  press_until F10 'step 6 of 10'
  until_shown 'Ceph .*by pi-b'
  until_shown 'Ceph .*by pi-c'
}

# From Disks to Network.
to_network() {
  press Enter
  until_shown '3 disks on 3 nodes'
  press_until F10 'step 7 of 10'
}

# From Network to Install.
to_install() {
  press_until F10 'Enter Install'
  press_until Enter 'step 9 of 10'
}

# Writes a screen, with the same values in each run and without blanks at the ends of lines.
picture() {
  sed -E -e "s/^( +Words +).*/\1$words/" \
    -e "s/^( +pi-b asks +).*/\1${check[0]}/" -e "s/^( +pi-c asks +).*/\1${check[1]}/" \
    -e 's/^ [0-9]{2}:[0-9]{2}:[0-9]{2} / 15:20:12 /' -e 's/closes in [0-9]+ min/closes in 60 min/' \
    -e 's/[0-9]:[0-9]{2} gone, about /0:05 gone, about /' \
    -e 's/runs [0-9]:[0-9]{2}/runs 0:04/' -e 's/done (<1 s|1 s )/done 1 s /' -e 's/ +$//' \
    >"$out/$1.txt" <<<"$2"
  echo "$out/$1.txt"
}

# Writes the screen once it stands still.
still() {
  local before now
  now=$(screen)
  until [ "$now" = "${before:-}" ]; do
    before=$now
    sleep 0.7
    now=$(screen)
  done
  picture "$1" "$now"
}

command -v tmux >/dev/null || die "tmux is not here (apt install tmux)"
[ -x "$mcloud" ] || die "$mcloud is not here: cargo build --release, or name another"
mkdir -p "$out"

open
still welcome
open_at_trust --fault lxd.join@pi-c=slow:60s
still trust
to_disks
press Enter
until_shown '3 disks on 3 nodes'
still disks
press_until F10 'step 7 of 10'
still network
to_install
until_shown 'pi-c  Join the cluster .* 0:04,' 200
picture install "$(screen)"
open_at_trust --fault lxd.join@pi-c=refused,2x
to_disks
to_network
to_install
# What does not wait for pi-c goes on to its end first.
until_shown 'Stopped: LXD on pi-c' 300
still stopped

# README shows some of them.
awk '
  shown { if ($0 == "```") { shown = 0; print } next }
  { print }
  /^<!-- docs\/screens\/.* -->$/ { print "```text"; while ((getline line < $2) > 0) print line; shown = 1 }
' README.md >README.md.new
mv README.md.new README.md
