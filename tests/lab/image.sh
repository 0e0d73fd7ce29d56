#!/bin/bash
# Makes a container image out of the root's busybox, once, and imports it on a host as "busybox". usage: image.sh HOST
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host=$1
image=$LAB/busybox.tar.gz

build() {
  local work=$LAB/image applet
  rm -rf "$work"
  mkdir -p "$work/rootfs"/{bin,sbin,etc,proc,sys,dev,run,tmp,root,var,usr/bin}
  cp "$ROOTFS/usr/bin/busybox" "$work/rootfs/bin/busybox"
  for applet in $("$ROOTFS/usr/bin/busybox" --list); do
    [ -e "$work/rootfs/bin/$applet" ] || ln -s /bin/busybox "$work/rootfs/bin/$applet"
  done
  ln -s /bin/busybox "$work/rootfs/sbin/init"
  printf '::respawn:/bin/sleep 100000\n::shutdown:/bin/true\n' >"$work/rootfs/etc/inittab"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$work/rootfs/etc/passwd"
  echo 'root:x:0:' >"$work/rootfs/etc/group"
  echo guest >"$work/rootfs/etc/hostname"
  printf 'architecture: %s\ncreation_date: 1700000000\nproperties: {description: busybox, os: busybox, release: lab}\n' "$(uname -m)" >"$work/metadata.yaml"
  tar -C "$work" -czf "$image.new" metadata.yaml rootfs
  mv "$image.new" "$image"
  rm -rf "$work"
}

[ -e "$image" ] || build
put "$host" /tmp/busybox.tar.gz <"$image"
lxc_on "$host" image import /tmp/busybox.tar.gz --alias busybox --quiet
