# shellcheck shell=bash
# The words of cases for all seven phases: hosts with Ceph and OVN, their preseed, what is looked at afterwards. To be sourced by cases.

# fresh_cloud HOST…: fresh hosts whose stand-ins answer.
fresh_cloud() {
  local host service
  SERVICES="microceph microovn" fresh "$@"
  for host in "$@"; do for service in microceph microovn; do until_true micro_answers "$host" "$service" || die "$service of $host does not answer"; done; done
}
# cloud_preseed HOST…: a preseed of these hosts, each with a Ceph disk and an uplink, on all of them; FILESYSTEM=true asks for remote-fs,
# UPLINK=bridge for an uplink that LXD makes.
cloud_preseed() {
  local host
  for host in "$@"; do
    {
      printf 'cluster: attic\ninitiator: %s\nnodes:\n' "$1"
      for each in "$@"; do
        printf '  - name: %s\n    address: "%s"\n' "$each" "$(ip_of "$each")"
        [ "${UPLINK-nic}" = bridge ] || printf '    uplink: eth1\n'
        printf '    disks:\n      - use: ceph\n        serial: %s-b\n' "$each"
      done
      printf 'local:\n  driver: auto\n  file: 2GiB\nceph:\n  filesystem: %s\n' "${FILESYSTEM-false}"
      printf 'network:\n  kind: ovn\n  uplink: %s\n' "${UPLINK-nic}"
      if [ "${UPLINK-nic}" = bridge ]; then printf '  ipv4-gateway: 10.111.0.1/24\n  ipv4-range: 10.111.0.128-10.111.0.254\n'
      else printf '  ipv4-gateway: 10.88.0.1/24\n  ipv4-range: 10.88.0.100-10.88.0.254\n  dns: [10.88.0.1]\n'; fi
      printf '  ipv4-guests: 10.83.0.1/24\n  ipv6-guests: fd42:83::1/64\nerase: 0\n'
    } | put "$host" /root/attic.yaml
  done
}

# forms_cloud HOST…: these hosts, fresh, become a cloud by a preseed of them; what failed and how long it took is told.
forms_cloud() {
  local host
  fresh_cloud "$@"
  cloud_preseed "$@"
  form --json "$@"
  for host in "$@"; do same "mcloud ends well on $host" 0 "$(exit_of "$host")"; done
  say_all "failures" "$(failure_of "$1")"
  shows_times "$@"
}
# say_all WHAT TEXT: many lines for the reader of the run.
say_all() { say "$1:"; printf '%s\n' "$2" | sed 's/^/#   /'; }
# longest_pause NAME: the longest time between two events of a run with --json, in ms, and the event before it; the time in which
# an operator decides after a failure is the operator's.
longest_pause() {
  jq -rs 'def ms: (.at | sub("\\.[0-9]+"; "") | fromdateiso8601) * 1000 + (.at | capture("\\.(?<ms>[0-9]{3})").ms | tonumber);
    [., .[1:]] | transpose | map(select(.[1] != null and (.[0].kind == "failure" and .[1].kind == "plan" | not))
    | {gap: ((.[1] | ms) - (.[0] | ms)), after: "\(.[0].node) \(.[0].step // .[0].kind) \(.[0].state // "")"})
    | max_by(.gap) | "\(.gap) \(.after)"' "$OUT/$1"
}
# shows_times HOST…: wall time, critical path, steps and pauses of a run; no pause is longer than 10 s.
shows_times() {
  local host pause
  say "$1: $(tail -n1 "$OUT/$1" | jq -r '"wall \(.took_ms) ms, critical path \(.critical_path_ms) ms, ratio \(.wall_over_critical_path), in series \(.in_series_ms) ms"')"
  say_all "critical path" "$(tail -n1 "$OUT/$1" | jq -r '.critical_path[]? // empty')"
  say_all "steps (ms)" "$(jq -rs 'map(select(.kind == "step" and .took_ms != null)) | group_by(.step) | map(last) | sort_by(-.took_ms) | .[:25][] |
    "\(.took_ms) \(.step) \(.state)"' "$OUT/$1")"
  for host in "$@"; do
    pause=$(longest_pause "$host")
    if [ "${pause%% *}" -le 10000 ]; then ok "no pause on $host is longer than 10 s: ${pause%% *} ms at the most (${pause#* })"
    else not_ok "no pause on $host is longer than 10 s" "<= 10000 ms" "$pause"; fi
  done
}

# shows_lists UPLINK HOST…: members, pools, networks and default profile are what the mission shows for these hosts (`local` is btrfs, the kernel
# has no zfs, and cannot mount CephFS), with an uplink network of this type; the lists as lxc prints them.
# The programs of jq below are theirs to expand.
# shellcheck disable=SC2016
shows_lists() {
  local uplink=$1 first=$2 list
  shift
  same "the cluster's members" "$(for host in "$@"; do echo "$host https://$(ip_of "$host"):8443 Online"; done | paste -sd';')" \
    "$(lxc_on "$first" cluster list --format json | jq -r 'sort_by(.server_name) | map("\(.server_name) \(.url) \(.status)") | join(";")')"
  same "all of them are the database, one leads it" "$* 1" "$(lxc_on "$first" cluster list --format json | jq -r '
    "\(map(select(.roles | index("database")).server_name) | sort | join(" ")) \(map(select(.roles | index("database-leader"))) | length)"')"
  same "the pools" "local btrfs Created $*;remote ceph Created $*" "$(rest "$first" GET '/1.0/storage-pools?recursion=1' | jq -r '.metadata
    | sort_by(.name) | map("\(.name) \(.driver) \(.status) \(.locations | sort | join(" "))") | join(";")')"
  same "the networks" "UPLINK $uplink Created $*;default ovn Created $*" "$(rest "$first" GET '/1.0/networks?recursion=1' | jq -r '.metadata
    | map(select(.managed)) | sort_by(.name) | map("\(.name) \(.type) \(.status) \(.locations | sort | join(" "))") | join(";")')"
  has "default has both families, by way of UPLINK" '^[0-9.]+/24 fd42:[0-9a-f:]+::1/64 UPLINK$' \
    "$(rest "$first" GET /1.0/networks/default | jq -r '.metadata.config | "\(."ipv4.address") \(."ipv6.address") \(.network)"')"
  same "the default profile" '{"eth0":{"name":"eth0","network":"default","type":"nic"},"root":{"path":"/","pool":"remote","type":"disk"}} {}' \
    "$(rest "$first" GET /1.0/profiles/default | jq -rS '.metadata | "\(.devices) \(.config)"')"
  for list in "cluster list" "storage list" "network list" "profile show default"; do
    # shellcheck disable=SC2086
    say_all "lxc $list" "$(lxc_on "$first" $list)"
  done
}

# failure_of NAME: the failures of a run, for the reader.
failure_of() {
  jq -r 'select(.kind == "failure") | .step as $step | .failure | "\($step): \(.what.text)\nbecause: \(.causes | join("; "))\ndata: \(.data.text // "-")\nhint: \(.hint.text // "-")
remedies: \(.remedies | map(tostring) | join(" "))"' "$OUT/$1"
}
# undone NAME: the steps of a run that were neither done nor there already.
undone() {
  jq -rs 'map(select(.kind == "step")) | group_by(.step) | map(last | select(.state != "done" and .state != "already").step) | join(" ")' "$OUT/$1"
}

# ceph_health HOST: HEALTH_OK, or HEALTH_WARN with the names of its checks.
ceph_health() { on "$1" ceph health detail -f json </dev/null | jq -r '.status, (.checks | keys | map("- " + .) | join(" "))' | xargs; }
# osds_up HOST COUNT: so many OSDs are there, and up.
osds_up() { [ "$(on "$1" ceph osd stat -f json </dev/null | jq -r '"\(.num_osds) \(.num_up_osds)"')" = "$2 $2" ]; }
# shows_ceph HOST…: members, disks, health; monitors have their defaults back.
shows_ceph() {
  local host health
  same "Ceph has these members" "$(printf '%s ONLINE\n' "$@" | paste -sd';')" \
    "$(micro "$1" microceph GET /core/1.0/cluster | head -n1 | jq -r '.metadata | sort_by(.name) | map("\(.name) \(.status)") | join(";")')"
  same "each gave its disk" "$(for host in "$@"; do echo "$host scsi-SLAB_$host-b"; done | paste -sd';')" \
    "$(micro "$1" microceph GET /1.0/disks | head -n1 | jq -r '.metadata | sort_by(.location) | map("\(.location) \(.path | split("/") | last)") | join(";")')"
  comes "$# OSDs are up" osds_up "$1" $#
  same "remote keeps as many copies as it can" $(($# < 3 ? $# : 3)) \
    "$(micro "$1" microceph GET /1.0/pools | head -n1 | jq -r '.metadata[] | select(.pool == "lxd_remote").size')"
  health=$(ceph_health "$1")
  has "Ceph is well, or says what it lacks" '^(HEALTH_OK|HEALTH_WARN -)' "$health"
  say "Ceph: $health"
  for host in "$@"; do monitor_default "$host"; done
}
# monitor_default HOST: the host's monitor, asked on its admin socket, has the defaults of all that mcloud tunes while a cluster forms.
monitor_default() {
  local socket=/var/snap/microceph/current/run/ceph-mon.$1.asok
  on "$1" test -S "$socket" </dev/null || { say "$1 has no monitor"; return 0; }
  same "the monitor of $1 has its defaults" "[]" "$(on "$1" ceph --admin-daemon "$socket" config diff </dev/null | jq -c '.diff | to_entries
    | map(select(.key | IN("mon_election_timeout", "mon_probe_timeout", "paxos_propose_interval", "paxos_min_wait")))')"
}
# tuned NAME: the hosts whose monitors a run tuned, or left alone because writing is too slow there, as it said.
tuned() {
  jq -r 'select(.kind == "log" and .says.code == "microceph.tune-slow").says.text | "# " + .' "$OUT/$1" >&2
  jq -rs 'map(select(.kind == "log" and (.says.code | IN("microceph.is-tuned", "microceph.tune-slow"))).says.with.name) | unique | join(" ")' "$OUT/$1"
}
# chassis_are NAME…: the southbound database knows exactly these chassis.
chassis_are() { [ "$(on "$1" ovn-sbctl --no-leader-only --bare --columns=name list chassis </dev/null | sort | xargs)" = "$*" ]; }
shows_chassis() { comes "$# chassis" chassis_are "$@"; }

# address_of HOST GUEST: what OVN's DHCP gave to the guest; has_address: it gave one.
address_of() {
  rest "$1" GET "/1.0/instances/$2/state" | jq -r '[.metadata.network.eth0.addresses[]? | select(.family == "inet" and .scope == "global").address][0] // ""'
}
has_address() { [ -n "$(address_of "$@")" ]; }
# reach HOST GUEST ADDRESS: the guest pings the address.
reach() { lxc_on "$1" exec "$2" -- ping -c1 -W2 "$3" >/dev/null 2>&1; }
# shows_guests HOST…: a container on each member by the default profile alone: on pool remote, in network default; each reaches the next.
shows_guests() {
  local host last="" first=$1
  lxc_on "$first" image info busybox >/dev/null 2>&1 || "$HERE/image.sh" "$first"
  for host in "$@"; do
    same "a container on $host" "" "$(lxc_on "$first" launch busybox "on-$host" --target "$host" --quiet 2>&1)"
    same "it lies on remote, in default" "remote default" "$(rest "$first" GET "/1.0/instances/on-$host" | jq -r '.metadata.expanded_devices | "\(.root.pool) \(.eth0.network)"')"
  done
  for host in "$@"; do
    comes "on-$host has an address from OVN" has_address "$first" "on-$host"
    if [ -n "$last" ]; then comes "on-$last reaches on-$host on another member" reach "$first" "on-$last" "$(address_of "$first" "on-$host")"; fi
    last=$host
  done
  comes "and the uplink's gateway" reach "$first" "on-$last" "${GATEWAY-10.88.0.1}"
}
