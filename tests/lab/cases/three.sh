#!/bin/bash
# Three nodes on three terminals of 80x24 become one cloud; the same again finds everything there already.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a pi-b pi-c
give_preseed pi-a:pi-a-b pi-b pi-c
kept() { disk_sum pi-a pi-a-c; disk_sum pi-b pi-b-c; disk_sum pi-c pi-c-c; }
before=$(kept)

form_on_screens pi-a pi-b pi-c
same "the token file is the owner's alone" 600 "$(on pi-a stat -c %a /root/tokens/pi-b.token </dev/null)"
for host in pi-a pi-b pi-c; do
  comes "the screen of $host shows Install" term_showed "$host" 'Install|Done'
  same "mcloud ends well on $host" 0 "$(term_exit "$host")"
done
same "three members are online" "pi-a pi-b pi-c" "$(members pi-a)"
same "one pool, created on all" "Created at pi-a pi-b pi-c" "$(pool_state pi-a)"
same "the pool has the best driver all have" "$(best_driver pi-a)" "$(rest pi-b GET /1.0/storage-pools/local | jq -r .metadata.driver)"
same "no other pool" 1 "$(rest pi-a GET /1.0/storage-pools | jq '.metadata | length')"
same "pi-a has the pool on its disk" /dev/sdb "$(pool_on pi-a pi-a)"
has "pi-b has the pool on a file" '^/var/lib/lxd/' "$(pool_on pi-a pi-b)"
"$HERE/image.sh" pi-a
for host in pi-a pi-b pi-c; do same "a container runs on $host" alive "$(guest pi-a "$host")"; done
unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(kept)"
for host in pi-b pi-c; do same "the blank disk of $host was never written" 0 "$(disk_written "$host" "$host-b")"; done

# again, with the same token files
state=$(lxd_state pi-a)
form --json pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do
  same "again: mcloud ends well on $host" 0 "$(exit_of "$host")"
  # the proof's guests are made and removed anew each time
  same "again: every step on $host was done already" already \
    "$(jq -rs '[.[] | select(.kind == "step" and (.step | startswith("lxd.guests") | not))] | group_by([.node, .phase, .step]) | map(last.state) | unique | join(" ")' "$OUT/$host" 2>&1)"
done
unchanged "again: LXD is as it was" "$state" "$(lxd_state pi-a)"
