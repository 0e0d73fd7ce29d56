#!/bin/bash
# A distributed file system that cannot be: the run stops there, in LXD's own words, and leaves nothing in anybody's way.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
fresh_cloud pi-a pi-b pi-c

# stops WHAT WORDS: a run ends with exit code 1 on all nodes at remote-fs alone, in these words of LXD; no trace of it is left there.
stops() {
  local host
  form --json pi-a pi-b pi-c
  for host in pi-a pi-b pi-c; do same "$1: mcloud stops on $host" 1 "$(exit_of "$host")"; done
  same "$1: at remote-fs" "lxd.remote-fs@pi-a" "$(jq -rs 'map(select(.kind == "failure").step) | unique | join(" ")' "$OUT/pi-a")"
  say_all "what is told" "$(failure_of pi-a)"
  has "$1: in LXD's own words" "$2" "$(jq -c 'select(.kind == "failure").failure.causes' "$OUT/pi-a")"
  has "$1: with the way on that needs nobody else" 'answers.* leave (it|the file system) out' "$(jq -r 'select(.kind == "failure").failure.hint.text' "$OUT/pi-a")"
  has "$1: with ways on" '"retry"' "$(jq -c 'select(.kind == "failure").failure.remedies' "$OUT/pi-a")"
  same "$1: what needs it is left out, all else is done" "lxd.guests@pi-a lxd.profile@pi-a lxd.proof@pi-a lxd.remote-fs@pi-a" "$(undone pi-a)"
  same "$1: nothing of remote-fs is left in LXD" "local Created;remote Created" \
    "$(rest pi-a GET '/1.0/storage-pools?recursion=1' | jq -r '.metadata | sort_by(.name) | map("\(.name) \(.status)") | join(";")')"
  same "$1: no joiner would be asked for it" "[]" "$(rest pi-a GET /1.0/cluster | jq -c '.metadata.member_config | map(select(.name == "remote-fs"))')"
  for host in pi-a pi-b pi-c; do monitor_default "$host"; done
}
FILESYSTEM=true cloud_preseed pi-a pi-b pi-c
# an LXD before 5.1 does not make the file system in Ceph
stops "no file system in Ceph" "CEPHFS doesn.t exist"
shows_times pi-a pi-b pi-c

# the operator makes it, as the hint has it; now the kernel says no
for pool in meta data; do on pi-a ceph osd pool create lxd_cephfs_$pool 8 </dev/null 2>/dev/null; done
on pi-a ceph fs new lxd_cephfs lxd_cephfs_meta lxd_cephfs_data </dev/null 2>/dev/null
stops "no driver in the kernel" 'no such device|not supported|not found|unknown filesystem'

# the other way on: no file system
cloud_preseed pi-a pi-b pi-c
form --json pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do same "without the file system: mcloud ends well on $host" 0 "$(exit_of "$host")"; done
shows_ceph pi-a pi-b pi-c
shows_guests pi-a pi-b pi-c
