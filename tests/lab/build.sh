#!/bin/bash
# Builds the root file system of the lab's hosts once: Debian trixie with LXD and what LXD needs, nothing else.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
can_run

needed=()
# tool:package
for pair in mmdebstrap:mmdebstrap tmux:tmux jq:jq python3:python3 ip:iproute2 nsenter:util-linux losetup:mount mkfs.ext4:e2fsprogs flock:util-linux pgrep:procps; do
  command -v "${pair%%:*}" >/dev/null || needed+=("${pair##*:}")
done
if [ ${#needed[@]} -gt 0 ]; then
  say "installing ${needed[*]}"
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${needed[@]}"
fi

# packages of a host; the list is the root's version: another list builds another root
packages=systemd,systemd-sysv,dbus,iproute2,iputils-ping,curl,procps,kmod,nftables,dnsmasq-base,lxd,lxd-client,uidmap
packages+=,btrfs-progs,e2fsprogs,squashfs-tools,attr,acl,rsync,xz-utils,busybox-static,ncurses-base
if [ "$(cat "$ROOTFS/.built" 2>/dev/null)" = "$packages" ]; then
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
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  trixie "$ROOTFS" "deb $mirror trixie main" ${security:+"deb $security trixie-security main"}
echo "$packages" >"$ROOTFS/.built"
say "built $(du -sh "$ROOTFS" | cut -f1) in $SECONDS s: $ROOTFS"
