#!/bin/bash
# Gives a host disks: loop files it sees as SCSI disks, it alone, at once if it is up and at every boot. usage: disks.sh HOST NAME:SIZE:SERIAL[:ext4]…
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host=$1
shift

own=$HOSTS_DIR/$host
mkdir -p "$own/disks"
for disk in "$@"; do
  IFS=: read -r name size serial fs <<<"$disk"
  file=$own/disks/$serial.img
  if [ ! -e "$file" ]; then
    truncate -s "$size" "$file"
    [ "$fs" != ext4 ] || mkfs.ext4 -q -F "$file"
    echo "$name $serial" >>"$own/disks/list"
  fi
  if init_of "$host" >/dev/null; then
    # shellcheck disable=SC2046
    on "$host" sh -eu -s -- $(disk_facts "$host" "$name" "$serial") <"$HERE/disk-show.sh"
  fi
done
