#!/bin/bash
# Ends the named hosts, or the whole lab: only what the lab itself started. usage: down.sh [--wipe] [HOST…]; --wipe forgets their state.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
wipe=no
if [ "${1-}" = --wipe ]; then wipe=yes; shift; fi
whole=no
# shellcheck disable=SC2086
if [ $# = 0 ]; then whole=yes; set -- $ALL_HOSTS; fi

# empty HOST: no process is left in the host's cgroup
empty() { local events; events=$(cgroup_of "$1")/cgroup.events; [ ! -e "$events" ] || grep -qx 'populated 0' "$events"; }
# connections HOST: the numbers of the FUSE connections of the host's rbd-fuse processes; read while they live
connections() {
  local pid
  find "$(cgroup_of "$1")" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r pid; do
    if grep -qx rbd-fuse "/proc/$pid/comm" 2>/dev/null; then awk '/ - fuse[.a-z-]* / && /rbd/ { split($3, number, ":"); print number[2] }' "/proc/$pid/mountinfo"; fi
  done | sort -u
}
# abort NUMBER…: whoever waits for these gets an error: a dying rbd-fuse may wait for the file system of a guest that lies on itself
abort() {
  local control=$LAB/fusectl number
  [ $# -gt 0 ] || return 0
  mkdir -p "$control"
  mountpoint -q "$control" || mount -t fusectl none "$control"
  for number in "$@"; do if [ -e "$control/$number/abort" ]; then echo 1 >"$control/$number/abort"; fi; done
  umount "$control"
}
# free_rbd HOST: the same for the loops behind `rbd map` of the host, told by the name of the image (rbd.sh wrote both down)
free_rbd() {
  local note minor image
  for note in "$HOSTS_DIR/$1"/upper/var/lib/lab-rbd/*; do
    [ -e "$note" ] || continue
    read -r minor _ image <"$note"
    case $(losetup -nO BACK-FILE "/dev/loop$minor" 2>/dev/null) in */"$image") losetup -d "/dev/loop$minor" ;; esac
    rm -f "$note"
  done
}
# free_loops HOST: detaches the loops whose file lies in the host's directory, told by inode (paths are seen from inside a host). Files of
# rbd-fuse, which lie right below its mount, are not asked about: that of a host whose Ceph has just lost the others never answers.
free_loops() {
  local inodes file name inode device
  inodes=$(find "$HOSTS_DIR/$1/disks" "$HOSTS_DIR/$1/plain" -xdev -type f -size +1M -printf '%i\n' 2>/dev/null || true)
  free_rbd "$1"
  [ -n "$inodes" ] || return 0
  for file in /sys/block/loop*/loop/backing_file; do
    case $(cat "$file" 2>/dev/null) in /*/*) ;; *) continue ;; esac
    name=${file#/sys/block/} name=/dev/${name%%/*}
    read -r inode device < <(losetup -lnO BACK-INO,BACK-MAJ:MIN "$name" 2>/dev/null) || continue
    if [ "$device" = "$(mountpoint -d "$(stat -c %m "$HOSTS_DIR")")" ] && grep -qx "$inode" <<<"$inodes"; then losetup -d "$name"; fi
  done
}

if [ $whole = yes ] && [ -S "$LAB/tmux.sock" ]; then tmux -S "$LAB/tmux.sock" kill-server 2>/dev/null || true; rm -f "$LAB/tmux.sock"; fi
fuse=()
for host in "$@"; do
  cgroup=$(cgroup_of "$host")
  mapfile -t -O "${#fuse[@]}" fuse < <(connections "$host")
  if pid=$(init_of "$host"); then kill -9 "$pid" 2>/dev/null || true; fi
  if [ -e "$cgroup/cgroup.kill" ]; then echo 1 >"$cgroup/cgroup.kill"; fi
done
abort "${fuse[@]}"
for host in "$@"; do
  cgroup=$(cgroup_of "$host")
  until_true empty "$host" || die "processes of $host do not end: $cgroup/cgroup.procs"
  free_loops "$host"
  [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} +
  rm -f "$HOSTS_DIR/$host"/{init,unshare}.pid
  # the cables first: a network namespace goes later than its name
  ip -n "$SWITCH" link del "int$(number_of "$host")" 2>/dev/null || true
  ip -n "$SWITCH" link del "up$(number_of "$host")" 2>/dev/null || true
  ip -n "$SWITCH" link del "und$(number_of "$host")" 2>/dev/null || true
  ip netns del "$TAG-$host" 2>/dev/null || true
  if [ $wipe = yes ] && [ -d "$HOSTS_DIR/$host" ]; then
    mkdir -p "$LAB/trash"
    mv "$HOSTS_DIR/$host" "$LAB/trash/$host.$$"
  fi
done
if [ $wipe = yes ]; then rm -rf "$LAB/trash"; fi
if [ $whole = yes ]; then
  ip netns del "$SWITCH" 2>/dev/null || true
  rmdir "$(cgroup2_root)/$TAG" 2>/dev/null || true
fi
