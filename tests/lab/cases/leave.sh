#!/bin/bash
# All screens walked to Review on three consoles, then left: nothing was written, nobody is left waiting, nothing stays.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b pi-c
all() { local host; for host in pi-a pi-b pi-c; do echo "== $host"; "$1" "$host"; done; }
disks() { disk_written "$1" "$1-b"; disk_sum "$1" "$1-c"; }
state=$(all lxd_state) tree=$(all files) blocks=$(all disks)

for host in pi-a pi-b pi-c; do term_start "$host" "$host" mcloud; done
opens pi-a
press pi-a F10
for joiner in pi-b pi-c; do knocks "$joiner" pi-a; trusts pi-a "$joiner"; done
does pi-c Disks "$MARK\[ Suggest \]" Enter
to_review pi-a
for joiner in pi-b pi-c; do sees "$joiner" Review 'The initiator decides'; done
unchanged "at Review LXD is as it was on every node" "$state" "$(all lxd_state)"
unchanged "at Review no file has changed outside mcloud's own directories" "$tree" "$(all files)"

press pi-a C-c
sees pi-a Review "$MARK\[? ?Stay"
press pi-a Down
does pi-a Review "$MARK\[? ?Leave: nothing was written" Enter
left=$(now_ms)
for joiner in pi-b pi-c; do say "$joiner is told after $(first_seen "$joiner" ' Done .*nothing was written' "$left") ms"; done
for host in pi-a pi-b pi-c; do does "$host" Done 'Left before Install; nothing was written' Enter; done
for host in pi-a pi-b pi-c; do same "$host ends with 3" 3 "$(term_exit "$host")"; done
unchanged "after leaving LXD is as it was on every node" "$state" "$(all lxd_state)"
unchanged "after leaving no file has changed" "$tree" "$(all files)"
unchanged "no disk has changed, bit for bit" "$blocks" "$(all disks)"
for host in pi-a pi-b pi-c; do same "nothing of the cluster stays on $host" "./daemon.log ./node.key " "$(kept "$host")"; done
