#!/bin/bash
# Brings fresh hosts up: wipes the state of the named hosts (all three without a name), boots them, gives them the lab's disks.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
can_run
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $ALL_HOSTS
[ -e "$ROOTFS/.built" ] || "$HERE/build.sh"
"$HERE/down.sh" --wipe "$@"
# each host: sdb is blank, sdc holds somebody's file system
for host in "$@"; do "$HERE/disks.sh" "$host" "sdb:3G:$host-b" "sdc:256M:$host-c:ext4"; done
"$HERE/boot.sh" "$@"
