#!/bin/bash
# Boots the named hosts with the state they have (none at first); a host that is up is left alone. usage: boot.sh HOST…
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# the switch: eth0 of every host on br-int, eth1 (without address) on br-up, the tunnels of OVN in user space on br-und
wire_switch() {
  [ ! -e "/run/netns/$SWITCH" ] || return 0
  ip netns add "$SWITCH"
  ip -n "$SWITCH" link set lo up
  for bridge in br-int br-up br-und; do ip -n "$SWITCH" link add "$bridge" type bridge; ip -n "$SWITCH" link set "$bridge" up; done
  ip -n "$SWITCH" addr add 10.77.0.1/24 dev br-int
  ip -n "$SWITCH" addr add fd77::1/64 dev br-int nodad
  ip -n "$SWITCH" addr add 10.88.0.1/24 dev br-up
}
# wire HOST: its network namespace and two cables; a third for the tunnels where there is a microovn
wire() {
  local host=$1 net=$TAG-$1 n
  n=$(number_of "$host")
  [ ! -e "/run/netns/$net" ] || return 0
  ip netns add "$net"
  ip -n "$net" link set lo up
  ip -n "$SWITCH" link add "int$n" type veth peer name eth0 netns "$net"
  ip -n "$SWITCH" link add "up$n" type veth peer name eth1 netns "$net"
  ip -n "$SWITCH" link set "int$n" master br-int up
  ip -n "$SWITCH" link set "up$n" master br-up up
  if grep -qw microovn "$HOSTS_DIR/$host/services" 2>/dev/null; then
    ip -n "$SWITCH" link add "und$n" type veth peer name lab-und netns "$net"
    ip -n "$SWITCH" link set "und$n" master br-und up
  fi
  ip -n "$net" link set eth0 up
  ip -n "$net" link set eth1 up
  if [ "${FAMILY-4}" = 6 ]; then
    ip -n "$net" addr add "$(ip_of "$host")/64" dev eth0 nodad
    ip -n "$net" route add default via fd77::1
  else
    ip -n "$net" addr add "$(ip_of "$host")/24" dev eth0
    ip -n "$net" route add default via 10.77.0.1
  fi
}
# start HOST: PID 1 of the host, as a child of an unshare that dies with it
start() {
  local host=$1 own=$HOSTS_DIR/$1 cgroup
  cgroup=$(cgroup_of "$host")
  mkdir -p "$LAB/bin" "$own"/{upper,work,root,disks,plain/lxd,plain/lxd-log} "$cgroup/boot"
  (
    exec </dev/null >"$own/console.log" 2>&1
    for fd in /proc/self/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec setsid nsenter --net="/run/netns/$TAG-$host" unshare --cgroup --mount --uts --ipc --pid --fork --kill-child \
      --propagation private "$HERE/host.sh" "$host"
  ) &
  echo $! >"$own/unshare.pid"
}
# is_init HOST: the child of the unshare has become systemd; writes its pid down.
is_init() {
  local own=$HOSTS_DIR/$1 pid
  pid=$(pgrep -P "$(cat "$own/unshare.pid")") || return 1
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ] && echo "$pid" >"$own/init.pid"
}
# settled HOST: systemd has done its jobs.
settled() { case $(on "$1" systemctl is-system-running 2>/dev/null </dev/null) in running | degraded) ;; *) false ;; esac; }

wire_switch
booting=()
for host in "$@"; do
  if init_of "$host" >/dev/null; then continue; fi
  wire "$host"
  start "$host"
  booting+=("$host")
done
for host in "${booting[@]}"; do
  PATIENCE=20 until_true is_init "$host" || { cat "$HOSTS_DIR/$host/console.log" >&2; die "$host did not start"; }
done
for host in "${booting[@]}"; do until_true settled "$host" || die "systemd of $host does not settle"; done
