#!/bin/bash
# Shows loop files as SCSI disks to one host, and to it alone; again after a power cut, the same disks come back. usage: disks.sh HOST NAME:SIZE:SERIAL[:ext4]…
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host=$1
shift

# loop_of FILE SIZE FS: the loop device of the file, made (and written upon with FS) where it is missing
loop_of() {
  local loop
  if [ ! -e "$1" ]; then
    truncate -s "$2" "$1"
    [ "$3" != ext4 ] || mkfs.ext4 -q -F "$1"
  fi
  loop=$(losetup -nO NAME -j "$1" | head -n1)
  echo "${loop:-$(losetup -f --show "$1")}"
}

for disk in "$@"; do
  IFS=: read -r name size serial fs <<<"$disk"
  loop=$(loop_of "$HOSTS_DIR/$host/disks/$serial.img" "$size" "$fs")
  # what the kernel and udev would show of a SCSI disk, and its device node
  on "$host" sh -eu -s -- "$name" "${loop#/dev/loop}" "$(blockdev --getsz "$loop")" "$serial" <<'IN'
name=$1 minor=$2 sectors=$3 serial=$4
entry=/sys/class/block/$name
mkdir -p $entry/queue $entry/device $entry/holders $entry/slaves /run/fakescsi/scsi
echo 7:$minor >$entry/dev
printf 'MAJOR=7\nMINOR=%s\nDEVNAME=%s\nDEVTYPE=disk\n' "$minor" "$name" >$entry/uevent
echo "$sectors" >$entry/size
for file in ro removable queue/rotational; do echo 0 >$entry/$file; done
for file in queue/physical_block_size queue/logical_block_size; do echo 512 >$entry/$file; done
echo LABDISK >$entry/device/model
echo LAB >$entry/device/vendor
echo "$serial" >$entry/device/serial
ln -sfn /run/fakescsi/scsi $entry/device/subsystem
ln -sfn ../../block/$name /sys/dev/block/7:$minor
rm -f /dev/$name
mknod /dev/$name b 7 $minor
ln -sfn ../../$name /dev/disk/by-id/scsi-SLAB_$serial
ln -sfn ../../$name /dev/disk/by-path/pci-0000:00:05.0-scsi-0:0:$minor:0
printf 'E:ID_MODEL=LABDISK\nE:ID_SERIAL=LAB_%s\nE:ID_SERIAL_SHORT=%s\nE:ID_BUS=scsi\n' "$serial" "$serial" >/run/udev/data/b7:$minor
IN
done
