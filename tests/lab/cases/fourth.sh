#!/bin/bash
# A fourth node comes after Done, by a token and what its preseed says of it, into a cloud with Ceph and OVN: LXD, its disk, its chassis, its part
# of pools and networks; and guests on it.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
fresh_cloud pi-a pi-b pi-c pi-d
cloud_preseed pi-a pi-b pi-c
form --json pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do same "three nodes: mcloud ends well on $host" 0 "$(exit_of "$host")" || exit 1; done
before=$(disk_sum pi-d pi-d-c)

cloud_preseed pi-a pi-b pi-c pi-d
on pi-a mcloud token create --node pi-d --json </dev/null | jq -r .token.secret | put pi-d /root/my.token 600
# shellcheck disable=SC2086
begin pi-d pi-d $JOIN --json
same "mcloud join ends well on pi-d, and nobody else is asked" 0 "$(exit_of pi-d)"
say_all "failures" "$(failure_of pi-d)"
shows_times pi-d
same "what the others had was there already" "" "$(jq -rs 'map(select(.kind == "step" and .node != "pi-d" and .node != "pi-a")) | group_by(.step) | map(last
  | select((.state != "already") and (.step | test("tune") | not)).step) | join(" ")' "$OUT/pi-d")"
same "four members are online" "pi-a pi-b pi-c pi-d" "$(members pi-a)"
same "the pools are on all" "local Created pi-a pi-b pi-c pi-d;remote Created pi-a pi-b pi-c pi-d" \
  "$(rest pi-a GET '/1.0/storage-pools?recursion=1' | jq -r '.metadata | sort_by(.name) | map("\(.name) \(.status) \(.locations | sort | join(" "))") | join(";")')"
for network in UPLINK default; do
  same "pi-d can use the network $network" Created "$(rest pi-a GET "/1.0/networks/$network?target=pi-d" | jq -r .metadata.status)"
done
same "pi-d has its own NIC as uplink" eth1 "$(rest pi-a GET '/1.0/networks/UPLINK?target=pi-d' | jq -r .metadata.config.parent)"
[ "$FAILED" = 0 ] || exit 1
shows_ceph pi-a pi-b pi-c pi-d
shows_chassis pi-a pi-b pi-c pi-d
shows_guests pi-a pi-b pi-c pi-d
unchanged "the disk of pi-d that was not chosen is the same, bit for bit" "$before" "$(disk_sum pi-d pi-d-c)"
