#!/bin/bash
# Two initiators on one network, wrong words, refusals from either side, an initiator killed; then faces killed, closed and shrunk during Install.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b pi-c

term_start pi-a pi-a mcloud
opens pi-a
press pi-a F10
term_start pi-b pi-b mcloud
sees pi-b Welcome "$MARK Join mcloud"
focus pi-b 'Start a cluster'
opens pi-b shed
press pi-b F10
term_start pi-c pi-c mcloud
sees pi-c Welcome 'Join (mcloud|shed) .*Join (mcloud|shed) '
ok "Welcome offers both sessions"
focus pi-c 'Join shed'
press pi-c Enter
sees pi-c Trust 'Joining shed, led by pi-b \(10\.77\.0\.12\)'
ok "Trust says which cluster is joined, and who leads it"

for wrong in 1 2 3; do
  types pi-c abs abs abs abs
  does pi-c Trust 'Enter sends them' Enter
  sees pi-c Trust "Wrong so far: $wrong\."
done
ok "wrong words are counted"
says_words pi-c pi-b
compare pi-b pi-c
ok "after three wrong attempts the right words are still right"

answers pi-b 'They differ: turn pi-c away'
sees pi-c Peers "The initiator's operator said no"
ok "a joiner that was turned away is told"

# again CLUSTER INITIATOR: pi-c chooses among the sessions and types the words
again() {
  focus pi-c "$1 +$2"
  press pi-c Enter
  says_words pi-c "$2"
}
again shed pi-b
compare pi-b pi-c
answers pi-c 'They differ: leave'
sees pi-b Trust 'pi-c [^ ]+ [^ ]+ (. )?(refused|went away)'
ok "an initiator whose joiner says no is told"

sees pi-c Peers shed
again shed pi-b
trusts pi-b pi-c
sees pi-c Disks "Choose this node's own disks"
on pi-b kill -KILL "$(daemon_of pi-b)" </dev/null
killed=$(now_ms)
say "pi-c is told after $(first_seen pi-c 'The initiator is gone: the cluster did not come to be' "$killed") ms that its initiator was killed"
does pi-c Done 'The initiator is gone' Enter
same "the joiner of a killed initiator ends with 1" 1 "$(term_exit pi-c)"
same "nothing of the cluster stays on pi-c" "./daemon.log ./node.key " "$(kept pi-c)"
has "the face of a killed daemon ends too" '^[1-9]' "$(term_exit pi-b)"

# the same node joins the other session; LXD of pi-c hangs, so that Install lasts
term_start pi-c pi-c mcloud
sees pi-c Peers 'mcloud +pi-a'
again mcloud pi-a
trusts pi-a pi-c
to_review pi-a
freeze pi-c
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-c; do sees "$host" Install; done
run=$(daemon_of pi-a)

on pi-a kill -KILL "$(face_of pi-a)" </dev/null
same "a killed face is killed" 137 "$(term_exit pi-a)"
term_start pi-a pi-a mcloud
sees pi-a Install 'pi-a .* pi-c'
ok "the next mcloud shows the run again"
tmux_lab kill-session -t =pi-c
no_face() { [ -z "$(face_of pi-c)" ]; }
comes "a closed terminal ends its face" no_face
term_start pi-c pi-c mcloud
sees pi-c Install 'pi-a .* pi-c'
tmux_lab resize-window -t =pi-a -x 1 -y 1
tiny() { [ "$(tmux_lab display -p -t =pi-a: '#{pane_width}x#{pane_height}')" = 1x1 ]; }
until_true tiny
tmux_lab resize-window -t =pi-a -x 80 -y 24
sees pi-a Install 'LXD .*Attach .*F8 Detach'
ok "a console that was 1 by 1 shows everything again"
same "all the time it was one daemon" "$run" "$(daemon_of pi-a)"
thaw pi-c
for host in pi-a pi-c; do does "$host" Done 'is ready: 2 members' Enter; done
for host in pi-a pi-c; do same "mcloud ends well on $host" 0 "$(term_exit "$host")"; done
same "both are members" "pi-a pi-c" "$(members pi-a)"
