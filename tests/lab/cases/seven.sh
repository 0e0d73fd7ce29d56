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
same "monitors were tuned meanwhile" "pi-a pi-b pi-c" "$(tuned pi-a)"

# what the mission shows
same "the cluster's members" "pi-a https://10.77.0.11:8443 Online;pi-b https://10.77.0.12:8443 Online;pi-c https://10.77.0.13:8443 Online" \
  "$(lxc_on pi-a cluster list --format json | jq -r 'sort_by(.server_name) | map("\(.server_name) \(.url) \(.status)") | join(";")')"
same "three of them are the database" "pi-a pi-b pi-c" \
  "$(lxc_on pi-a cluster list --format json | jq -r 'map(select(.roles | index("database")).server_name) | sort | join(" ")')"
same "the pools" "local btrfs Created pi-a pi-b pi-c;remote ceph Created pi-a pi-b pi-c" \
  "$(rest pi-a GET '/1.0/storage-pools?recursion=1' | jq -r '.metadata | sort_by(.name) | map("\(.name) \(.driver) \(.status) \(.locations | sort | join(" "))") | join(";")')"
same "the networks" "UPLINK physical Created pi-a pi-b pi-c;default ovn Created pi-a pi-b pi-c" \
  "$(rest pi-a GET '/1.0/networks?recursion=1' | jq -r '.metadata | map(select(.managed)) | sort_by(.name) | map("\(.name) \(.type) \(.status) \(.locations | sort | join(" "))") | join(";")')"
same "the guests' subnets are the ones asked for" "10.83.0.1/24 fd42:83::1/64 UPLINK" \
  "$(rest pi-a GET /1.0/networks/default | jq -r '.metadata.config | "\(."ipv4.address") \(."ipv6.address") \(.network)"')"
same "the default profile" '{"eth0":{"name":"eth0","network":"default","type":"nic"},"root":{"path":"/","pool":"remote","type":"disk"}}' \
  "$(rest pi-a GET /1.0/profiles/default | jq -cS .metadata.devices)"
for list in "cluster list" "storage list" "network list" "profile show default"; do
  # shellcheck disable=SC2086
  say_all "lxc $list" "$(lxc_on pi-a $list)"
done

shows_ceph pi-a pi-b pi-c
shows_chassis pi-a pi-b pi-c
shows_guests pi-a pi-b pi-c
unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(kept)"
