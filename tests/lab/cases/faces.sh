#!/bin/bash
# Faces come and go: two at once, one killed, one whose terminal closes, one that stays, one that leaves; the run is the daemon's.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a pi-b
give_preseed pi-a pi-b
# faces: how many faces run on pi-a.
faces() { on pi-a pgrep -c -f '^mcloud init' </dev/null || true; }

# shellcheck disable=SC2086
term_start pi-a first $INIT
comes "the first face waits for pi-b" term_shows first 'pi-b .*(missing|not)'
# shellcheck disable=SC2086
term_start pi-a second $INIT
comes "a second face shows the same" term_shows second 'pi-b .*(missing|not)'
# shellcheck disable=SC2086
term_start pi-a third $INIT
comes "and a third" term_shows third 'pi-b .*(missing|not)'
daemon=$(on pi-a pgrep -f '^mcloudd' </dev/null)
on pi-a pkill -KILL -o -f '^mcloud init' </dev/null
same "a killed face is killed" 137 "$(term_exit first)"
tmux_lab kill-session -t =third
one_face() { [ "$(faces)" -le 1 ]; }
comes "a closed terminal ends its face" one_face
same "the daemon is the same" "$daemon" "$(on pi-a pgrep -f '^mcloudd' </dev/null)"

term_keys second C-c
comes "Ctrl-C asks" term_shows second 'Stay'
term_keys second Enter
comes "the first answer is to stay" term_shows second 'pi-b .*(missing|not)'
carry_token pi-a pi-b
# shellcheck disable=SC2086
term_start pi-b joiner $JOIN
same "the face that stayed ends well" 0 "$(term_exit second)"
same "the joiner ends well" 0 "$(term_exit joiner)"
same "both are members" "pi-a pi-b" "$(members pi-b)"
has "node list says who is connected" 'pi-b +worker .*yes' "$(on pi-a mcloud node list </dev/null 2>&1)"

# leaving before Install
fresh pi-a pi-b
give_preseed pi-a pi-b
before=$(lxd_state pi-a)
# shellcheck disable=SC2086
begin pi-a leaves $INIT --json
until_true on pi-a test -s /root/tokens/pi-b.token </dev/null
on pi-a pkill -INT -f '^mcloud init' </dev/null
same "leaving by Ctrl-C before Install" 3 "$(exit_of leaves)"
same "is told as such" '{"kind":"done","ok":false,"exit":3}' "$(tail -n1 "$OUT/leaves" | jq -c '{kind, ok, exit}')"
unchanged "LXD is as it was" "$before" "$(lxd_state pi-a)"
