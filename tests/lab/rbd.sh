#!/bin/bash
# Stands in for `rbd map` and `rbd unmap`, whose driver the kernel has not: image -> file of rbd-fuse -> loop -> /dev/rbdN. All else is the real rbd's.
set -u
real=/usr/bin/rbd
notes=/var/lib/lab-rbd # one file per mapped image: MINOR POOL IMAGE; down.sh reads them
said=("$@")
pool=rbd id=admin cluster=ceph verb='' spec=''
while [ $# -gt 0 ]; do
  case $1 in
  --pool | -p) pool=$2; shift ;;
  --id | --user) id=$2; shift ;;
  --cluster) cluster=$2; shift ;;
  --pool=*) pool=${1#*=} ;;
  --id=* | --user=*) id=${1#*=} ;;
  --cluster=*) cluster=${1#*=} ;;
  -*) ;;
  *) if [ -z "$verb" ]; then verb=$1; elif [ -z "$spec" ]; then spec=$1; fi ;;
  esac
  shift
done
case $verb in map | unmap) ;; *) exec "$real" "${said[@]}" ;; esac
mkdir -p "$notes" /run/lab-rbd
exec 9>/run/lab-rbd.lock
flock 9

image=${spec##*/}
case $spec in /dev/*) ;; */*) pool=${spec%%/*} ;; esac
# note_of POOL IMAGE: the note of a mapped image, or nothing
note_of() {
  local note
  for note in "$notes"/*; do
    if [ -e "$note" ] && [ "$(cut -d' ' -f2- "$note")" = "$1 $2" ]; then echo "$note"; return; fi
  done
}
if [ "$verb" = map ]; then
  note=$(note_of "$pool" "$image")
  if [ -n "$note" ]; then echo "/dev/${note##*/}"; exit; fi
  # an rbd-fuse for each image: it lets go of an image only when it ends
  files=/run/lab-rbd/$pool/$image file=/run/lab-rbd/$pool/$image/$image readonly=()
  if [[ $image == *@* ]]; then # rbd-fuse shows no snapshots: a copy, read only
    file=/var/lib/lab-rbd-snapshot-${image//\//_} readonly=(-r)
    "$real" --id "$id" -p "$pool" export --no-progress "$image" "$file" || exit 1
  elif ! mountpoint -q "$files"; then
    mkdir -p "$files"
    LD_PRELOAD=/usr/local/lib/rbd-fuse.so rbd-fuse -c "/etc/ceph/$cluster.conf" -p "$pool" -r "$image" "$files" >/dev/null 2>&1 9>&-
    for _ in $(seq 100); do if mountpoint -q "$files"; then break; fi; sleep 0.1; done
  fi
  # the hosts share this machine's loops: another may take the free one first
  for _ in $(seq 50); do
    loop=$(losetup -f)
    if why=$(losetup "${readonly[@]}" "$loop" "$file" 2>&1); then break; fi
    loop=''
    sleep 0.05
  done
  if [ -z "$loop" ]; then echo "$why" >&2; exit 1; fi
  i=0
  while [ -e "/dev/rbd$i" ]; do i=$((i + 1)); done
  mknod "/dev/rbd$i" b 7 "${loop#/dev/loop}"
  echo "${loop#/dev/loop} $pool $image" >"$notes/rbd$i"
  echo "/dev/rbd$i"
  exit
fi
case $spec in /dev/*) note=$notes/$image ;; *) note=$(note_of "$pool" "$image") ;; esac
if [ ! -s "${note:-/nowhere}" ]; then
  echo "rbd: $spec: not a mapped image or snapshot" >&2
  echo "rbd: unmap failed: (22) Invalid argument" >&2
  exit 22
fi
read -r minor pool image <"$note"
losetup -d "/dev/loop$minor" || { echo "rbd: sysfs write failed" >&2; exit 16; }
files=/run/lab-rbd/$pool/$image
if mountpoint -q "$files"; then
  for _ in $(seq 50); do if umount "$files" 2>/dev/null; then break; fi; sleep 0.1; done
  # the image is free once its rbd-fuse has ended
  for _ in $(seq 50); do if ! pgrep -f -- "-r $image $files" >/dev/null; then break; fi; sleep 0.1; done
  rmdir "$files" 2>/dev/null
fi
rm -f "/dev/${note##*/}" "$note" "/var/lib/lab-rbd-snapshot-${image//\//_}"
