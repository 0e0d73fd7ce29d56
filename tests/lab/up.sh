#!/bin/bash
# Brings fresh hosts up: wipes the state of the named hosts (three without a name), boots them, gives them the lab's disks and, with
# SERVICES="microceph microovn", the stand-in daemons.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
can_run
[ $# -gt 0 ] || set -- pi-a pi-b pi-c
[ -e "$ROOTFS/.built" ] || "$HERE/build.sh"
"$HERE/down.sh" --wipe "$@"
# each host: sdb is blank, sdc holds somebody's file system
for host in "$@"; do
  "$HERE/disks.sh" "$host" "sdb:3G:$host-b" "sdc:256M:$host-c:ext4"
  echo "$SERVICES" >"$HOSTS_DIR/$host/services"
done
"$HERE/boot.sh" "$@"
