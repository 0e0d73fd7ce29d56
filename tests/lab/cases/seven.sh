#!/bin/bash
# All seven phases on three hosts: LXD, Ceph below and OVN beside it become what the mission shows, driven by --json alone.
# The programs of jq and sh below are theirs to expand.
# shellcheck disable=SC2016
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
fresh_cloud pi-a pi-b pi-c
kept() { disk_sum pi-a pi-a-c; disk_sum pi-b pi-b-c; disk_sum pi-c pi-c-c; }
before=$(kept)
cloud_preseed pi-a pi-b pi-c

form --json pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do same "mcloud ends well on $host" 0 "$(exit_of "$host")"; done
shows_times pi-a pi-b pi-c
same "monitors were tuned meanwhile, or it was said why not" "pi-a pi-b pi-c" "$(tuned pi-a)"

# what the mission shows
shows_lists physical pi-a pi-b pi-c
same "the guests' subnets are the ones asked for" "10.83.0.1/24 fd42:83::1/64" \
  "$(rest pi-a GET /1.0/networks/default | jq -r '.metadata.config | "\(."ipv4.address") \(."ipv6.address")"')"

shows_ceph pi-a pi-b pi-c
shows_chassis pi-a pi-b pi-c
shows_guests pi-a pi-b pi-c
unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(kept)"
