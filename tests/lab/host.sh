#!/bin/bash
# Becomes PID 1 of one host: makes its root inside fresh namespaces, hides this machine's disks, starts systemd. Run by boot.sh only.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
host=$1
own=$HOSTS_DIR/$host
root=$own/root

mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$own/upper,workdir=$own/work" "$root"
# LXD's directories lie on the plain file system: overlay upon overlay would refuse its containers
mount --bind "$own/plain/lxd" "$root/var/lib/lxd"
mount --bind "$own/plain/lxd-log" "$root/var/log/lxd"
mount --bind "$LAB/bin" "$root/usr/local/bin"
mount -o remount,bind,ro "$root/usr/local/bin"

mount -t proc proc "$root/proc" -o nosuid,nodev,noexec
mount -t sysfs sysfs "$root/sys" -o nosuid,nodev,noexec
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" -o nosuid,nodev,noexec
mount -t tmpfs tmpfs "$root/run" -o mode=755
mount -t tmpfs tmpfs "$root/tmp" -o mode=1777

mount -t tmpfs tmpfs "$root/dev" -o mode=755,nosuid
mkdir -p "$root"/dev/{pts,shm,net,disk/by-id,disk/by-path,disk/by-uuid,.lxc/sys} "$root/run/udev/data"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,mode=620,gid=5
ln -s pts/ptmx "$root/dev/ptmx"
for node in null zero full random urandom tty fuse loop-control net/tun; do
  [ ! -e "/dev/$node" ] || cp -a "/dev/$node" "$root/dev/$node"
done
for node in null zero full random urandom tty; do chmod 666 "$root/dev/$node"; done
# there is no devtmpfs: nodes for loops that appear later
for i in $(seq 0 127); do mknod "$root/dev/loop$i" b 7 "$i"; done
for link in fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "${link#*:}" "$root/dev/${link%%:*}"; done

# A host never sees this machine's disks, not for a moment: sysfs shows none until disks.sh adds the lab's own.
# A user namespace may mount sysfs only while one sysfs is wholly visible: that one is at /dev/.lxc/sys.
mount -t sysfs sysfs "$root/dev/.lxc/sys" -o nosuid,nodev,noexec
mount -t tmpfs tmpfs "$root/sys/class/block" -o mode=755
mount --bind "$root/sys/class/block" "$root/sys/block"
mount -t tmpfs tmpfs "$root/sys/dev/block" -o mode=755
if [ -e "$own/disks/list" ]; then
  while read -r name serial; do
    # shellcheck disable=SC2046
    chroot "$root" /bin/sh -eu -s -- $(disk_facts "$host" "$name" "$serial") <"$HERE/disk-show.sh"
  done <"$own/disks/list"
fi

hostname "$host"
echo "$host" >"$root/etc/hostname"
{
  echo "127.0.0.1 localhost"
  for other in $ALL_HOSTS; do echo "$(ip_of "$other") $other"; done
} >"$root/etc/hosts"
: >"$root/etc/resolv.conf"
[ -s "$own/machine-id" ] || tr -d - </proc/sys/kernel/random/uuid >"$own/machine-id"
cp "$own/machine-id" "$root/etc/machine-id"

mkdir -p "$root/root/.config/lxc"
echo 'default-remote: local' >"$root/root/.config/lxc/config.yml" # else the first lxc greets
units=$root/etc/systemd/system
mkdir -p "$units/sysinit.target.wants"
for unit in systemd-modules-load.service systemd-timesyncd.service systemd-networkd-wait-online.service apt-daily.timer \
  apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
  getty@tty1.service console-getty.service nftables.service; do
  ln -sf /dev/null "$units/$unit"
done
# stands in for udevd (which hears nothing in a namespace): names the lab's disks by what is written on them
install -m 755 "$HERE/udev-links.sh" "$root/usr/local/sbin/udev-links"
cp "$HERE/udev-links.service" "$units/udev-links.service"
ln -sf ../udev-links.service "$units/sysinit.target.wants/udev-links.service"

# The stand-ins for MicroCeph and MicroOVN, and what a kernel without rbd and openvswitch needs.
if [ -s "$own/services" ]; then
  install -d "$root/usr/local/lib/lab" "$units/multi-user.target.wants"
  install -m 644 "$HERE"/micro*.py "$HERE"/*work.py "$HERE"/cephdisks.py "$root/usr/local/lib/lab"
  install -m 755 "$HERE/rbd.sh" "$root/usr/local/sbin/rbd"
  install -m 755 "$HERE/ovs-vsctl.sh" "$root/usr/local/sbin/ovs-vsctl"
  # stopping northd alone must not stop the databases (Debian's unit does)
  mkdir -p "$units/ovn-northd.service.d"
  printf '[Service]\nExecStop=\nExecStop=/usr/share/ovn/scripts/ovn-ctl stop_northd --ovn-manage-ovsdb=no --no-monitor\n' \
    >"$units/ovn-northd.service.d/lab.conf"
  for service in $(<"$own/services"); do
    sed "s/@SERVICE@/$service/g" "$HERE/stand-in.service" >"$units/snap.$service.daemon.service"
    ln -sf "../snap.$service.daemon.service" "$units/multi-user.target.wants/"
  done
fi

mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount -l /old
rmdir /old
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --log-target=journal
