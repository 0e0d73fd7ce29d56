#!/bin/bash
# Builds the root file system of the lab's hosts once: Debian trixie with LXD, Ceph, OVN and what they need, nothing else.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
can_run

needed=()
# tool:package
for pair in cc:gcc mmdebstrap:mmdebstrap tmux:tmux jq:jq python3:python3 ip:iproute2 nsenter:util-linux losetup:mount mkfs.ext4:e2fsprogs flock:util-linux pgrep:procps; do
  command -v "${pair%%:*}" >/dev/null || needed+=("${pair##*:}")
done
[ -e /usr/include/dlfcn.h ] || needed+=(libc6-dev)
if [ ${#needed[@]} -gt 0 ]; then
  say "installing ${needed[*]}"
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${needed[@]}"
fi

# packages of a host; the list is the root's version: another list builds another root
packages=systemd,systemd-sysv,dbus,iproute2,iputils-ping,curl,procps,kmod,nftables,dnsmasq-base,lxd,lxd-client,uidmap
packages+=,btrfs-progs,e2fsprogs,squashfs-tools,attr,acl,rsync,xz-utils,busybox-static,ncurses-base
packages+=,ceph-mon,ceph-mgr,ceph-osd,ceph-mds,ceph-common,rbd-fuse,ovn-central,ovn-host,openvswitch-switch,python3,openssl
# large programs of those packages nobody calls; without lvm LXD offers no LVM, which needs a device-mapper
unwanted=(/usr/sbin/lvm '/usr/bin/ceph-*-tool' /usr/bin/ceph-dencoder '/usr/bin/cephfs-*-tool' /usr/bin/cephfs-data-scan '/usr/bin/radosgw*'
  /usr/share/ceph/mgr/{alerts,influx,insights,localpool,mirroring,nfs,osd_perf_query,osd_support,prometheus,restful}/\*
  /usr/share/ceph/mgr/{selftest,snap_schedule,stats,telegraf,test_orchestrator,zabbix}/\* /usr/share/doc/\* /usr/share/man/\* /usr/share/locale/\*)
version="$packages $(cksum "$HERE/rbd-fuse.c")"
if [ "$(cat "$ROOTFS/.built" 2>/dev/null)" = "$version" ]; then
  say "already built: $ROOTFS"
  exit 0
fi

# the mirror this machine itself uses; none is named here
# shellcheck disable=SC2016
targets=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
mirror=$(grep -m1 '/debian/\?$' <<<"$targets" || true)
security=$(grep -m1 '/debian-security/\?$' <<<"$targets" || true)
[ -n "$mirror" ] || die "apt-get knows no Debian mirror here (apt-get indextargets is empty: run apt-get update)"
[ ! -e "$ROOTFS" ] || "$HERE/down.sh"
rm -rf "$ROOTFS"
mkdir -p "$LAB"
mmdebstrap --quiet --variant=minbase --include="$packages" --skip=check/qemu \
  --aptopt='Apt::Install-Recommends "false"' --dpkgopt='force-unsafe-io' \
  "${unwanted[@]/#/--dpkgopt=path-exclude=}" \
  trixie "$ROOTFS" "deb $mirror trixie main" ${security:+"deb $security trixie-security main"}
cc -shared -fPIC -O -o "$ROOTFS/usr/local/lib/rbd-fuse.so" "$HERE/rbd-fuse.c" -ldl
# Debian's bcrypt refuses the managers' sub-interpreters (PyO3) and takes every module with it; it is for passwords of the dashboard alone
echo '# Stands in for bcrypt, which sub-interpreters cannot load.' >"$ROOTFS/usr/share/ceph/mgr/bcrypt.py"
# nothing of Ceph and OVN starts by itself
find "$ROOTFS/etc/systemd/system" -type l \( -lname '*/ceph*' -o -lname '*/ov[ns]*' -o -lname '*/openvswitch*' -o -lname '*/lvm2*' -o \
  -lname '*/nvm*' -o -lname '*/dm-event*' -o -lname '*/blk-avail*' -o -lname '*/smartmontools*' -o -lname '*/rbdmap*' -o -lname '*/xfs_*' \
  -o -lname '*/logrotate*' -o -lname '*/uuidd*' \) -delete
echo "$version" >"$ROOTFS/.built"
say "built $(du -sh "$ROOTFS" | cut -f1) in $SECONDS s: $ROOTFS"
