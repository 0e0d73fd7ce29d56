#!/bin/bash
# Two nodes with one NIC each: OVN gets out over a bridge that LXD makes on each of them.
set -euo pipefail
# Where the bridge's router is, for the guests' ping.
export UPLINK=bridge GATEWAY=10.111.0.1
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
forms_cloud pi-a pi-b
same "the networks" "UPLINK bridge Created pi-a pi-b;default ovn Created pi-a pi-b" \
  "$(rest pi-a GET '/1.0/networks?recursion=1' | jq -r '.metadata | map(select(.managed)) | sort_by(.name) | map("\(.name) \(.type) \(.status) \(.locations | sort | join(" "))") | join(";")')"
[ "$FAILED" = 0 ] || exit 1
shows_chassis pi-a pi-b
shows_guests pi-a pi-b
