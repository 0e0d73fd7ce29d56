#!/bin/bash
# The same on three other consoles: ASCII on a vt100, 40 columns by 15 lines, a serial line of 9600 baud. All reach Done, and no screen stands still.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b pi-c

term_start pi-a pi-a env TERM=vt100 mcloud
SIZE=40x15 term_start pi-b pi-b mcloud
LINE=9600 term_start pi-c pi-c mcloud
opens pi-a
press pi-a F10
for joiner in pi-b pi-c; do knocks "$joiner" pi-a; trusts pi-a "$joiner"; done
for host in pi-a pi-c; do same "$host draws ASCII alone" "" "$(term_screen "$host" | LC_ALL=C grep -n '[^ -~]' || true)"; done
to_review pi-a
# LXD of pi-c hangs for some seconds: what is shown while nothing comes to its end
freeze pi-c
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-b pi-c; do sees "$host" Install; done
gone=$(now_ms)
long_enough() { [ $(($(now_ms) - gone)) -ge 6000 ]; }
until_true long_enough
thaw pi-c
for host in pi-a pi-b pi-c; do does "$host" Done 'is ready: 3 members' Enter; done
for host in pi-a pi-b pi-c; do same "mcloud ends well on $host" 0 "$(term_exit "$host")"; done
same "three members are online" "pi-a pi-b pi-c" "$(members pi-a)"
for host in pi-a pi-b pi-c; do
  say "Install on $host: $(shown_for "$host" Install) ms, longest time without any change $(longest_still "$host" Install) ms"
done
