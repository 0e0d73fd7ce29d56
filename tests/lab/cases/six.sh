#!/bin/bash
# Two nodes whose only addresses for cluster traffic are IPv6: LXD, Ceph, OVN and the tunnels between guests go over these.
set -euo pipefail
# The hosts' addresses: fd77::11, fd77::12, and no IPv4 on eth0.
export FAMILY=6
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
forms_cloud pi-a pi-b
same "the cluster's members" "pi-a https://[fd77::11]:8443 Online;pi-b https://[fd77::12]:8443 Online" \
  "$(lxc_on pi-a cluster list --format json | jq -r 'sort_by(.server_name) | map("\(.server_name) \(.url) \(.status)") | join(";")')"
same "Ceph's networks" "fd77::/64 fd77::/64" \
  "$(micro pi-a microceph GET /1.0/configs '{"key":""}' | head -n1 | jq -r '.metadata | map(select(.key | endswith("network")).value) | join(" ")')"
same "LXD finds the northbound databases" "ssl:[fd77::11]:6641" "$(rest pi-a GET /1.0 | jq -r '.metadata.config."network.ovn.northbound_connection" | split(",") | sort | first')"
same "tunnels go over IPv6" "fd77::11 fd77::12" "$(on pi-a ovn-sbctl --no-leader-only --bare --columns=ip list encap </dev/null | sort | xargs)"
same "no IPv4 between the hosts" "" "$(on pi-a ip -4 -br addr show eth0 </dev/null | awk '{ print $3 }')"
shows_ceph pi-a pi-b
shows_chassis pi-a pi-b
shows_guests pi-a pi-b
