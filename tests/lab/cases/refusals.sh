#!/bin/bash
# What mcloud must refuse: it names the thing, says what to do, and leaves LXD exactly as it was. And what it mends: a stopped LXD.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"

# said HOST: all a host's mcloud printed
said() { cat "$OUT/$1" "$OUT/$1.err"; }
# refused WHAT HOST NAMES REMEDY: mcloud on HOST ended with 1, named the thing and said what to do
refused() {
  same "$1: $2 ends with 1" 1 "$(exit_of "$2")"
  has "$1: $2 names it" "$3" "$(said "$2")"
  has "$1: $2 says what to do" "$4" "$(said "$2")"
}

# --- LXD absent
fresh pi-a
give_preseed pi-a
on pi-a sh -ec 'systemctl -q disable --now lxd.socket lxd.service lxd-containers.service
  rm -rf /usr/lib/systemd/system/lxd* /etc/systemd/system/lxd* /usr/bin/lxd /usr/sbin/lxd /var/lib/lxd/unix.socket
  systemctl daemon-reload' </dev/null >"$OUT/remove" 2>&1
form --lines pi-a
refused "LXD absent" pi-a 'LXD' 'install'

# --- LXD stopped on a joiner: Install starts it
fresh pi-a pi-b
give_preseed pi-a pi-b
on pi-b systemctl stop lxd.socket lxd.service </dev/null
form --lines pi-a pi-b
same "LXD stopped: pi-a ends well" 0 "$(exit_of pi-a)"
same "LXD stopped: pi-b ends well" 0 "$(exit_of pi-b)"
has "LXD stopped: pi-b says that it was started" 'LXD.*start|start.*LXD' "$(said pi-b)"
same "LXD stopped: both are members" "pi-a pi-b" "$(members pi-a)"

# --- the initiator's LXD belongs to somebody's cluster
fresh pi-a
give_preseed pi-a
enable_cluster pi-a elsewhere
before=$(lxd_state pi-a)
form --lines pi-a
refused "initiator clustered" pi-a 'elsewhere' 'lxc|reset|remove|leave'
unchanged "initiator clustered: LXD is as it was" "$before" "$(lxd_state pi-a)"

# --- a joiner's LXD belongs to somebody's cluster
fresh pi-a pi-b
give_preseed pi-a pi-b
enable_cluster pi-b elsewhere
before=$(lxd_state pi-a; lxd_state pi-b)
form --lines pi-a pi-b
refused "joiner clustered" pi-b 'elsewhere' 'lxc|reset|remove|leave'
refused "joiner clustered" pi-a 'pi-b' 'lxc|reset|remove|leave'
unchanged "joiner clustered: LXD of both is as it was" "$before" "$(lxd_state pi-a; lxd_state pi-b)"

# --- somebody's pool "local" is there, on the initiator or on a joiner
for owner in pi-a pi-b; do
  fresh pi-a pi-b
  give_preseed pi-a pi-b
  rest_done "$owner" POST /1.0/storage-pools '{"name":"local","driver":"dir","description":"of somebody"}'
  before=$(lxd_state pi-a; lxd_state pi-b)
  form --lines pi-a pi-b
  refused "a pool local on $owner" "$owner" 'pool.*local|local.*pool' 'lxc|rename|remove|delete'
  refused "a pool local on $owner" pi-a "$owner" 'lxc|rename|remove|delete'
  same "a pool local on $owner: pi-b ends with 1" 1 "$(exit_of pi-b)"
  unchanged "a pool local on $owner: LXD of both is as it was" "$before" "$(lxd_state pi-a; lxd_state pi-b)"
done
