#!/bin/bash
# Runs on a host in udevd's place: keeps /dev/disk/by-uuid and the ID_FS_ lines of /run/udev/data true for the lab's disks.
set -euo pipefail
shopt -s nullglob
declare -A before
while :; do
  for entry in /sys/class/block/sd*; do
    name=${entry##*/}
    data=/run/udev/data/b$(<"$entry/dev")
    if [ ! -b "/dev/$name" ] || [ ! -e "$data" ]; then continue; fi
    now=$(blkid -p -o export "/dev/$name" 2>/dev/null || true)
    [ "$now" != "${before[$name]-none}" ] || continue
    before[$name]=$now
    find /dev/disk/by-uuid -lname "../../$name" -delete
    uuid=$(sed -n 's/^UUID=//p' <<<"$now")
    type=$(sed -n 's/^TYPE=//p' <<<"$now")
    { grep -v '^E:ID_FS_' "$data" || true; } >"$data.new"
    if [ -n "$type" ]; then printf 'E:ID_FS_TYPE=%s\nE:ID_FS_UUID=%s\n' "$type" "$uuid" >>"$data.new"; fi
    mv "$data.new" "$data"
    if [ -n "$uuid" ]; then ln -sfn "../../$name" "/dev/disk/by-uuid/$uuid"; fi
  done
  [ -n "${told-}" ] || systemd-notify --ready
  told=yes
  sleep 0.3
done
