#!/bin/sh
# Runs in a host's root: makes what the kernel and udev would show of one SCSI disk. usage: disk-show.sh NAME MINOR SECTORS SERIAL
set -eu
name=$1 minor=$2 sectors=$3 serial=$4
entry=/sys/class/block/$name
mkdir -p "$entry/queue" "$entry/device" "$entry/holders" "$entry/slaves" /run/fakescsi/scsi
echo "7:$minor" >"$entry/dev"
printf 'MAJOR=7\nMINOR=%s\nDEVNAME=%s\nDEVTYPE=disk\n' "$minor" "$name" >"$entry/uevent"
echo "$sectors" >"$entry/size"
for file in ro removable queue/rotational; do echo 0 >"$entry/$file"; done
for file in queue/physical_block_size queue/logical_block_size; do echo 512 >"$entry/$file"; done
echo LABDISK >"$entry/device/model"
echo LAB >"$entry/device/vendor"
echo "$serial" >"$entry/device/serial"
ln -sfn /run/fakescsi/scsi "$entry/device/subsystem"
ln -sfn "../../block/$name" "/sys/dev/block/7:$minor"
rm -f "/dev/$name"
mknod "/dev/$name" b 7 "$minor"
ln -sfn "../../$name" "/dev/disk/by-id/scsi-SLAB_$serial"
ln -sfn "../../$name" "/dev/disk/by-path/pci-0000:00:05.0-scsi-0:0:$minor:0"
printf 'E:ID_MODEL=LABDISK\nE:ID_SERIAL=LAB_%s\nE:ID_SERIAL_SHORT=%s\nE:ID_BUS=scsi\n' "$serial" "$serial" >"/run/udev/data/b7:$minor"
