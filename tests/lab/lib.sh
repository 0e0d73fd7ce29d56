# shellcheck shell=bash
# The names below are for the scripts that source this file.
# shellcheck disable=SC2034
# The lab's settings and the words every script here speaks: hosts, namespaces, LXD, waiting. To be sourced.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
LAB=${MCLOUD_LAB:-$HOME/.cache/mcloud-lab}
ROOTFS=$LAB/rootfs
HOSTS_DIR=$LAB/hosts
ALL_HOSTS="pi-a pi-b pi-c pi-d"
# The stand-in daemons fresh hosts have: microceph, microovn, both or none.
SERVICES=${SERVICES-}
# Two labs in two directories do not meet: network namespaces and cgroups carry a number made from the directory.
TAG=mcl$(printf %s "$LAB" | cksum | cut -d' ' -f1)
SWITCH=$TAG-sw
# The upper bound of every wait, in seconds: a safety net, never the expected time.
PATIENCE=${PATIENCE:-180}

# say TEXT…: one line for the reader of the run.
say() { printf '%s\n' "# $*"; }
# die TEXT…: stop with one line.
die() { printf '%s\n' "lab: $*" >&2; exit 1; }

# cgroup2_root: where the unified hierarchy is mounted (hybrid: …/unified), or nothing.
cgroup2_root() {
  local at
  for at in /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [ "$(stat -f -c %T "$at" 2>/dev/null)" = cgroup2fs ]; then echo "$at"; return; fi
  done
}
# cgroup_of HOST: the cgroup directory that holds every process of a host.
cgroup_of() { echo "$(cgroup2_root)/$TAG/$1"; }

# why_not: one line saying why this machine cannot carry the lab; nothing where it can.
why_not() {
  [ "$(uname -s)" = Linux ] || { echo "not Linux"; return; }
  [ "$(id -u)" = 0 ] || { echo "not root"; return; }
  [ -e /etc/debian_version ] || { echo "not Debian (apt-get and mmdebstrap build the hosts)"; return; }
  [ -n "$(cgroup2_root)" ] || { echo "no cgroup2 hierarchy below /sys/fs/cgroup"; return; }
  mkdir -p "$(cgroup2_root)/$TAG" 2>/dev/null || { echo "cgroup2 hierarchy is read-only"; return; }
  [ -e /dev/loop-control ] || { echo "no loop devices (/dev/loop-control)"; return; }
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || { echo "no overlay file system in this kernel"; return; }
  grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null || { echo "no btrfs in this kernel (the hosts' pools)"; return; }
  unshare --mount --uts --ipc --pid --net --cgroup --fork true 2>/dev/null || { echo "namespaces may not be made here"; return; }
}
# can_run: says why the lab cannot run here and ends the script as "skipped", or returns.
can_run() {
  local why
  why=$(why_not)
  [ -z "$why" ] && return
  echo "the lab cannot run here: $why"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

# until_true CMD…: polls every 0.2 s until CMD succeeds; fails after $PATIENCE seconds, and from then on after 10 until hosts are fresh.
until_true() {
  local end=$((SECONDS + PATIENCE))
  if [ -e "$LAB/impatient" ]; then end=$((SECONDS + 10)); fi
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then touch "$LAB/impatient"; return 1; fi
    sleep 0.2
  done
}

# number_of HOST: pi-a is 1, pi-b is 2, …
number_of() { printf '%d' $(($(printf '%d' "'${1#pi-}") - 96)); }
# ip_of HOST: its address on eth0, of the family that fresh hosts have: FAMILY=4 (without a word) or FAMILY=6.
ip_of() { if [ "${FAMILY-4}" = 6 ]; then echo "fd77::1$(number_of "$1")"; else echo "10.77.0.1$(number_of "$1")"; fi; }
# init_of HOST: the pid, seen from this machine, of the host's PID 1; fails when the host is down.
init_of() {
  local pid
  pid=$(cat "$HOSTS_DIR/$1/init.pid" 2>/dev/null) && [ -e "/proc/$pid/ns/mnt" ] && echo "$pid"
}

# loop_of FILE: the loop device of the file, attached if it is not. Asked of sysfs: losetup asks the files of all loops, and one that lies
# in a Ceph which hangs never answers.
loop_of() {
  local found
  found=$(grep -lxF -- "$(realpath "$1")" /sys/block/loop*/loop/backing_file 2>/dev/null || true)
  found=${found%%$'\n'*} found=${found#/sys/block/}
  if [ -n "$found" ]; then echo "/dev/${found%%/*}"; else losetup -f --show "$1"; fi
}
# disk_facts HOST NAME SERIAL: the arguments of disk-show.sh for a disk of the host.
disk_facts() {
  local loop
  loop=$(loop_of "$HOSTS_DIR/$1/disks/$3.img")
  echo "$2" "${loop#/dev/loop}" "$(blockdev --getsz "$loop")" "$3"
}

# The environment of a login on a host.
HOST_ENV=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
# enter HOST CMD…: replaces this shell by CMD inside the host; the process is counted to the host's cgroup.
enter() {
  local host=$1 pid console
  shift
  pid=$(init_of "$host") || die "$host is not up"
  console=$(cgroup_of "$host")/console
  mkdir -p "$console"
  echo "$BASHPID" >"$console/cgroup.procs"
  exec nsenter -t "$pid" -m -u -i -n -p -C --root --wdns=/root -- /usr/bin/env -i "${HOST_ENV[@]}" TERM="${HOST_TERM:-dumb}" "$@"
}
# on HOST CMD…: runs CMD inside the host. Standard input is passed on: give </dev/null to `lxc exec`, an open pipe hangs it.
on() { (enter "$@"); }
# put HOST PATH [MODE]: standard input becomes a file on the host.
put() { on "$1" install -D -m "${3:-644}" /dev/stdin "$2"; }

# rest HOST METHOD PATH [JSON]: one call to the host's LXD.
rest() {
  on "$1" curl -sS --max-time 150 --unix-socket /var/lib/lxd/unix.socket -X "$2" ${4:+-d "$4"} "http://lxd$3" </dev/null
}
# rest_done HOST METHOD PATH [JSON]: the same, waits for the operation if there is one; prints the error and fails on one.
rest_done() {
  local answer operation error
  answer=$(rest "$@") || return 1
  operation=$(jq -r '.operation // empty' <<<"$answer")
  if [ -n "$operation" ]; then answer=$(rest "$1" GET "$operation/wait?timeout=120"); fi
  error=$(jq -r 'if (.error // "") != "" then .error else (.metadata.err? // "") end' <<<"$answer")
  [ -z "$error" ] || { echo "$2 $3: $error"; return 1; }
}
# micro HOST SERVICE METHOD PATH [BODY]: one call to the host's microceph or microovn; prints the HTTP status after the answer.
micro() {
  on "$1" curl -sS --max-time 600 --unix-socket "/var/snap/$2/common/state/control.socket" -X "$3" ${5:+-d "$5"} -w '%{http_code}\n' \
    "http://$2$4" </dev/null
}
# micro_answers HOST SERVICE: true once the daemon is ready.
micro_answers() { micro "$1" "$2" GET /core/1.0/ready 2>/dev/null | tail -n1 | grep -qx 200; }
# lxc_on HOST ARG…: lxc on the host, bounded, without standard input.
lxc_on() { local host=$1; shift; on "$host" timeout "$PATIENCE" lxc "$@" </dev/null; }
# lxd_answers HOST: true once GET /1.0 is answered.
lxd_answers() { rest "$1" GET /1.0 2>/dev/null | jq -e '.status_code == 200' >/dev/null 2>&1; }
