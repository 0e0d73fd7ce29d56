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
  printf '::sysinit:/etc/rc\n::respawn:/bin/sleep 100000\n::shutdown:/bin/true\n' >"$work/rootfs/etc/inittab"
  cat >"$work/rootfs/etc/rc" <<'RC'
#!/bin/sh
ip link set lo up
[ -e /sys/class/net/eth0 ] || exit 0
ip link set eth0 up
udhcpc -i eth0 -b -s /etc/udhcpc.sh -T 1 >/dev/null 2>&1 &
RC
  cat >"$work/rootfs/etc/udhcpc.sh" <<'BOUND'
#!/bin/sh
case $1 in bound | renew)
  ip addr flush dev $interface
  ip addr add $ip/$mask dev $interface
  for one in $router; do ip route replace default via $one dev $interface; done ;;
esac
BOUND
  chmod 755 "$work/rootfs/etc/rc" "$work/rootfs/etc/udhcpc.sh"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$work/rootfs/etc/passwd"
  echo 'root:x:0:' >"$work/rootfs/etc/group"
  echo guest >"$work/rootfs/etc/hostname"
  printf 'architecture: %s\ncreation_date: 1700000000\nproperties: {description: busybox, os: busybox, release: lab}\n' "$(uname -m)" >"$work/metadata.yaml"
  tar -C "$work" -czf "$image.new" metadata.yaml rootfs
  mv "$image.new" "$image"
  rm -rf "$work"
}

[ "$image" -nt "$0" ] || build
put "$host" /tmp/busybox.tar.gz <"$image"
lxc_on "$host" image import /tmp/busybox.tar.gz --alias busybox --quiet
