#!/bin/bash
# The stand-ins for MicroCeph and MicroOVN, without mcloud: three hosts with Ceph and OVN below an LXD cluster, driven by their APIs alone.
# Every answer is compared with the recorded one of the real daemon.
# The programs of jq and sh below are theirs to expand.
# shellcheck disable=SC2016
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
SERVICES="microceph microovn" fresh pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do for service in microceph microovn; do comes "$service answers on $host" micro_answers "$host" "$service"; done; done
kept() { disk_sum pi-a pi-a-c; disk_sum pi-b pi-b-c; disk_sum pi-c pi-c-c; }
before=$(kept)

# asks HOST ID METHOD PATH [BODY]: one call whose answer must be like the recording ID (its first part is the service); prints the metadata.
: >"$OUT/drift"
: >"$OUT/asked"
asks() {
  local host=$1 id=$2 said
  shift 2
  said=$(micro "$host" "${id%%/*}" "$@")
  echo "$id" >>"$OUT/asked"
  "$HERE/like.py" "$HERE/recorded.jsonl" "$id" "${said##*$'\n'}" <<<"${said%$'\n'*}" >>"$OUT/drift" 2>&1 || true
  jq -c .metadata <<<"${said%$'\n'*}"
}
# drifted WHAT: the verdict upon all answers since the last.
drifted() {
  same "$1: $(wc -l <"$OUT/asked") answers are like the recordings" "" "$(<"$OUT/drift")"
  : >"$OUT/drift"
  : >"$OUT/asked"
}
address() { echo "$(ip_of "$1"):$([ "$2" = microceph ] && echo 7443 || echo 6443)"; }
# boots HOST ID [JQ-CHANGE]: a bootstrap of the host by its service.
boots() {
  local body
  body=$(jq -nc --arg name "$1" --arg address "$(address "$1" "${2%%/*}")" --arg ip "$(ip_of "$1")" "
    {bootstrap: true, name: \$name, address: \$address, join_token: \"\", config: $([ "${2%%/*}" = microceph ] &&
    echo '{MonIp: $ip, PublicNet: "10.77.0.0/24", ClusterNet: "10.77.0.0/24"}' || echo '{"ovn-encap-ip": $ip}')} | ${3:-.}")
  asks "$1" "$2" POST /core/control "$body"
}
# joins HOST ID TOKEN [JQ-CHANGE]: a join of the host.
joins() {
  local body
  body=$(jq -nc --arg name "$1" --arg address "$(address "$1" "${2%%/*}")" --arg ip "$(ip_of "$1")" --arg token "$3" "
    {bootstrap: false, name: \$name, address: \$address, join_token: \$token, config: $([ "${2%%/*}" = microceph ] && echo '{}' ||
    echo '{"ovn-encap-ip": $ip}')} | ${4:-.}")
  asks "$1" "$2" POST /core/control "$body"
}
# token SERVICE NAME [LIFE]: a join token from pi-a.
token() { asks pi-a "$1/token-create" POST /core/control/tokens "{\"name\":\"$2\",\"expire_after\":${3:-3600000000000}}" | jq -r .; }
# changed TOKEN JQ: the token with something in it changed.
changed() { base64 -d <<<"$1" | jq -c "$2" | base64 -w0; }

# nothing is set up yet
for service in microceph microovn; do
  asks pi-a $service/core-uninit GET /core/1.0
  asks pi-a $service/ready-uninit GET /core/1.0/ready
  asks pi-a $service/uninit-core-1.0-cluster GET /core/1.0/cluster
  asks pi-a $service/uninit-1.0-services GET /1.0/services
  asks pi-a $service/uninit-1.0 GET /1.0
  asks pi-a $service/uninit- GET /
  boots pi-a $service/bootstrap-bad-name '.name = "Node_1"'
done >/dev/null
{
  asks pi-a microceph/uninit-disks-add POST /1.0/disks '{"path":["/dev/sdb"],"wipe":false,"encrypt":false}'
  asks pi-a microceph/uninit-token-create POST /core/control/tokens '{"name":"pi-b","expire_after":10800000000000}'
  asks pi-a microceph/uninit-method PATCH /core/1.0 '{}'
  asks pi-a microceph/bootstrap-bad-json POST /core/control '{not json'
  boots pi-a microceph/bootstrap-bad-address '.address = "pi-a:7443"'
  boots pi-a microceph/bootstrap-no-port '.address = "10.77.0.11"'
  boots pi-a microceph/bootstrap-empty-address '.address = ""'
  boots pi-a microceph/bootstrap-and-token '.join_token = "abc"'
  boots pi-a microceph/bootstrap-mon-ip-not-here '.config.MonIp = "10.77.0.99"'
  asks pi-a microceph/core-after-precheck-failure GET /core/1.0
  boots pi-a microceph/bootstrap-mon-ip-outside-public '.config.PublicNet = "10.99.0.0/24"'
  boots pi-a microceph/bootstrap-cluster-net-not-here '.config.ClusterNet = "10.98.0.0/24"'
  joins pi-a microceph/join-garbage-token garbage
  comes "microceph is back after a reset" micro_answers pi-a microceph
  asks pi-a microceph/core-after-garbage-token GET /core/1.0
} | grep -v '^[{["n]' || true
drifted "nothing set up"

# bootstraps, side by side; then joins one after the other
start=$SECONDS
boots pi-a microovn/bootstrap >"$OUT/ovn" &
boots pi-a microceph/bootstrap >"$OUT/ceph"
wait $!
say "both bootstraps took $((SECONDS - start)) s"
for service in microceph microovn; do
  asks pi-a $service/core GET /core/1.0
  asks pi-a $service/bootstrap-second POST /core/control '{"bootstrap":true,"name":"pi-a","address":"10.77.0.11:9","join_token":"","config":{}}'
  wrong=$(token $service pi-b)
  asks pi-a $service/token-duplicate POST /core/control/tokens '{"name":"pi-b","expire_after":10800000000000}'
  asks pi-a $service/token-duplicate POST /core/control/tokens '{"name":"pi-b","expire_after":0}'
  joins pi-b $service/join-wrong-name "$wrong" '.name = "node9"'
done >/dev/null
{
  asks pi-a microceph/tokens-list GET /core/control/tokens
  asks pi-a microceph/token-bad-name POST /core/control/tokens '{"name":"node_2","expire_after":0}'
  asks pi-a microceph/token-no-name POST /core/control/tokens '{"expire_after":0}'
  asks pi-a microceph/token-delete-unknown DELETE /core/1.0/tokens/nobody
  asks pi-a microceph/token-delete-absent DELETE /core/control/tokens/nobody
  asks pi-a microovn/token-delete-new-path DELETE /core/control/tokens/pi-b
  asks pi-a microovn/token-delete-absent DELETE /core/1.0/tokens/nobody
  good=$(asks pi-a microceph/tokens-list GET /core/control/tokens | jq -r '.[0].token')
  joins pi-b microceph/join-wrong-secret "$(changed "$good" '.secret |= gsub("."; "0")')"
} >/dev/null
comes "microceph is back after a wrong secret" micro_answers pi-b microceph
start=$SECONDS
for host in pi-b pi-c; do
  for service in microceph microovn; do
    if [ $host = pi-b ]; then ticket=$(asks pi-a microceph/tokens-list GET /core/control/tokens | jq -r '.[0].token'); fi
    if [ $host = pi-c ] || [ $service = microovn ]; then
      if [ $host = pi-b ]; then asks pi-a microovn/token-delete DELETE /core/1.0/tokens/pi-b >/dev/null; fi
      ticket=$(token $service $host)
    fi
    joins $host $service/join "$ticket" >/dev/null
    joins $host $service/join-twice "$ticket" >/dev/null
  done
done
say "four joins took $((SECONDS - start)) s"
for service in microceph microovn; do
  same "$service has three members" "pi-a ONLINE;pi-b ONLINE;pi-c ONLINE" \
    "$(asks pi-c $service/cluster-three GET /core/1.0/cluster | jq -r 'map("\(.name) \(.status)") | join(";")')"
done
same "every member has mon, mgr and mds" "mds mgr mon" "$(asks pi-b microceph/services-three GET /1.0/services |
  jq -r 'group_by(.location) | map(map(.service) | sort | join(" ")) | unique | join(";")')"
same "the monitors are told" "10.77.0.11 10.77.0.12 10.77.0.13" \
  "$(asks pi-a microceph/services-mon-three GET /1.0/services/mon | jq -r '.addresses | sort | join(" ")')"
same "every member has central, chassis and switch" "central chassis switch" "$(asks pi-b microovn/services-three GET /1.0/services |
  jq -r 'group_by(.location) | map(map(.service) | sort | join(" ")) | unique | join(";")')"
drifted "bootstraps, tokens and joins"

# disks
same "a disk that is not there is told" "failed to set stable disk path: invalid disk path: /dev/sdz" \
  "$(asks pi-a microceph/disks-add-nonexistent POST /1.0/disks '{"path":["/dev/sdz"],"wipe":false,"encrypt":false}' | jq -r '.report[0].error')"
{
  asks pi-a microceph/disks-none GET /1.0/disks
  asks pi-a microceph/disks-add-empty-list POST /1.0/disks '{"path":[],"wipe":false,"encrypt":false}'
  asks pi-a microceph/disks-add-no-body POST /1.0/disks
  asks pi-a microceph/disks-add-path-string-nonexistent POST /1.0/disks '{"path":"/dev/sdz","wipe":false,"encrypt":false}'
  asks pi-a microceph/disks-dry-run-without-match POST /1.0/disks '{"path":["/dev/sdb"],"wipe":false,"encrypt":false,"dry_run":true}'
  asks pi-a microceph/disks-add-target-unknown POST '/1.0/disks?target=node9' '{"path":["/dev/sdb"],"wipe":false,"encrypt":false}'
  asks pi-a microceph/encryption-support GET /1.0/disks/encryption-support
  asks pi-a microceph/resources GET /1.0/resources
} >/dev/null
same "this machine's own loops are no disks" "failed to set stable disk path: invalid disk path: /dev/loop0" \
  "$(asks pi-a microceph/disks-add-nonexistent POST /1.0/disks '{"path":["/dev/loop0"],"wipe":true,"encrypt":false}' | jq -r '.report[0].error')"
has "a disk that holds something is refused" 'scsi-SLAB_pi-b-c is not pristine .contains data. - use --wipe to override$' \
  "$(asks pi-b microceph/disks-add-filesystem POST /1.0/disks '{"path":["/dev/sdc"],"wipe":false,"encrypt":false}' | jq -r '.report[0].error')"
has "encryption is refused" 'encryption unsupported on this machine: missing dm_crypt module' \
  "$(asks pi-b microceph/disks-add-encrypt POST /1.0/disks '{"path":["/dev/sdb"],"wipe":false,"encrypt":true}' | jq -r '.report[0].error')"
start=$SECONDS
same "an OSD" Success "$(asks pi-a microceph/disks-add POST /1.0/disks '{"path":["/dev/disk/by-id/scsi-SLAB_pi-a-b"]}' | jq -r '.report[0].report')"
has "the same disk again is refused" 'This "disks" entry already exists' \
  "$(asks pi-a microceph/disks-add-again POST /1.0/disks '{"path":["/dev/sdb"],"wipe":true}' | jq -r '.report[0].error')"
for host in pi-b pi-c; do
  same "an OSD on $host, by way of pi-a" Success "$(asks pi-a microceph/disks-add POST "/1.0/disks?target=$host" '{"path":["/dev/sdb"]}' | jq -r '.report[0].report')"
done
say "three OSDs took $((SECONDS - start)) s"
same "disks are told with their members" "pi-a scsi-SLAB_pi-a-b;pi-b scsi-SLAB_pi-b-b;pi-c scsi-SLAB_pi-c-b" \
  "$(asks pi-c microceph/disks-three-hosts GET /1.0/disks | jq -r 'map("\(.location) \(.path | split("/") | last)") | join(";")')"
{
  asks pi-a microceph/pools-size-default PUT /1.0/pools-op '{"pools":[""],"size":3}'
  asks pi-a microceph/pools-size-3 PUT /1.0/pools-op '{"pools":["*"],"size":3}'
  asks pi-a microceph/pools-size-unknown-pool PUT /1.0/pools-op '{"pools":["nope"],"size":1}'
  asks pi-a microceph/pools-size-3 PUT /1.0/pools-op '{"pools":["*"],"size":3}'
} >/dev/null
osds_up() { [ "$(on pi-a ceph osd stat -f json </dev/null | jq -r '"\(.num_osds) \(.num_up_osds)"')" = "${1-3} ${1-3}" ]; }
comes "three OSDs are up" osds_up
same "the networks are as they were asked for" "10.77.0.0/24 10.77.0.0/24" \
  "$(asks pi-b microceph/configs-list GET /1.0/configs '{"key":""}' | jq -r 'map(select(.key | endswith("network")).value) | join(" ")')"
{
  asks pi-a microceph/configs-one GET /1.0/configs '{"key":"cluster_network"}'
  asks pi-a microceph/configs-no-body GET /1.0/configs
  asks pi-a microceph/configs-set-readonly PUT /1.0/configs '{"key":"public_network","value":"10.1.0.0/24","wait":true}'
  asks pi-a microceph/configs-set-unknown PUT /1.0/configs '{"key":"nonsense","value":"x","wait":true}'
  asks pi-a microceph/client-config-set PUT /1.0/client/configs/rbd_cache '{"key":"rbd_cache","value":"true","host":"*","wait":true}'
  asks pi-b microceph/client-configs-after GET /1.0/client/configs '{"key":"","host":"*"}'
  asks pi-a microceph/log-level GET /1.0/microceph/configs/log-level
  asks pi-a microceph/capabilities GET /1.0/cluster/capabilities
  asks pi-a microceph/mds-enable-again PUT '/1.0/services/mds?target=pi-a' '{"name":"mds","bool":true,"payload":""}'
  asks pi-a microceph/service-unknown PUT /1.0/services/nonsense '{"name":"nonsense","bool":true,"payload":""}'
  asks pi-a microceph/services-restart-bad POST /1.0/services/restart '[{"service":"nonsense"}]'
  asks pi-a microceph/disk-delete-unknown DELETE /1.0/disks/99 '{"osdid":99,"bypass_safety":false}'
  asks pi-a microceph/disk-delete-no-body DELETE /1.0/disks/1
  asks pi-a microceph/disk-delete-not-a-number DELETE /1.0/disks/abc '{"osdid":1}'
  asks pi-a microceph/member-delete-with-disks DELETE /core/1.0/cluster/pi-c
  asks pi-a microceph/member-delete-unknown DELETE /core/1.0/cluster/nobody
} >/dev/null
drifted "disks, pools and settings"

# OVN
chassis() { on pi-a ovn-sbctl --no-leader-only --bare --columns=name list chassis </dev/null | sort | xargs; }
three_chassis() { [ "$(chassis)" = "pi-a pi-b pi-c" ]; }
comes "three chassis" three_chassis
{
  asks pi-a microovn/config-get-unset GET /1.0/config '{"key":"ovn.central-ips"}'
  asks pi-a microovn/config-get-unknown GET /1.0/config '{"key":"nonsense"}'
  asks pi-a microovn/config-get-no-body GET /1.0/config
  asks pi-a microovn/config-set-bad POST /1.0/config '{"key":"ovn.central-ips","value":"nonsense"}'
  asks pi-a microovn/ca GET /1.0/ca
  asks pi-a microovn/certificates-reissue-client PUT /1.0/certificates/client '{}'
  asks pi-a microovn/env POST /1.0/env '{}'
  for which in nb sb switch; do asks pi-a microovn/schema-$which-active GET /1.0/ovsdb/schema/$which/active; done
  asks pi-a microovn/schema-nb-expected-all-three GET /1.0/ovsdb/schema/nb/expected/all
  asks pi-a microovn/schema-zz-active GET /1.0/ovsdb/schema/zz/active
  asks pi-a microovn/service-enable-again PUT /1.0/service/central '{}'
  asks pi-a microovn/service-enable-no-body PUT /1.0/service/central
  asks pi-a microovn/service-unknown PUT /1.0/service/nonsense '{}'
  asks pi-a microovn/target-unknown PUT '/1.0/service/central?target=node9' '{}'
  asks pi-a microovn/service-disable-central DELETE '/1.0/service/central?target=pi-b' '{"allowDisableLastCentral":false}'
  asks pi-a microovn/service-disable-again DELETE '/1.0/service/central?target=pi-b' '{"allowDisableLastCentral":false}'
  asks pi-a microovn/service-enable-central PUT '/1.0/service/central?target=pi-b' '{}'
} >/dev/null
northbound=$(on pi-b sh -c '. /var/snap/microovn/common/data/env/ovn.env && echo "$OVN_NB_CONNECT"' </dev/null)
same "the environment names three centrals" "ssl:10.77.0.11:6641,ssl:10.77.0.13:6641,ssl:10.77.0.12:6641" "$northbound"
drifted "OVN's services and settings"

# LXD above them
enable_cluster pi-a pi-a
for host in pi-b pi-c; do same "LXD of $host joins" "" "$(lxd_join pi-a "$host")"; done
pending() { # PATH BODY: the same pending call for each member
  local host
  for host in pi-a pi-b pi-c; do rest_done pi-a POST "$1?target=$host" "$2"; done
}
start=$SECONDS
same "LXD takes Ceph as pool remote" "" "$(pending /1.0/storage-pools '{"name":"remote","driver":"ceph","config":{"source":"lxd_remote"}}' &&
  rest_done pi-a POST /1.0/storage-pools '{"name":"remote","driver":"ceph","config":{"ceph.cluster_name":"ceph","ceph.user.name":"admin","ceph.osd.pg_num":"8"}}')"
say "pool remote took $((SECONDS - start)) s"
same "pool remote lies on three hosts" "3 2 microceph_auto_host" \
  "$(asks pi-a microceph/pools-with-lxd GET /1.0/pools | jq -r '.[] | select(.pool == "lxd_remote") | "\(.size) \(.min_size) \(.crush_rule)"')"
has "no kernel driver, no pool of CephFS" 'no such device|not supported|not found|unknown filesystem' \
  "$(pending /1.0/storage-pools '{"name":"remote-fs","driver":"cephfs","config":{"source":"lxd_cephfs"}}' &&
    for pool in meta data; do on pi-a ceph osd pool create lxd_cephfs_$pool </dev/null 2>/dev/null; done &&
    on pi-a ceph fs new lxd_cephfs lxd_cephfs_meta lxd_cephfs_data </dev/null 2>/dev/null >&2 &&
    rest_done pi-a POST /1.0/storage-pools '{"name":"remote-fs","driver":"cephfs","config":{"cephfs.cluster_name":"ceph","cephfs.user.name":"admin"}}' || true)"
same "the pool of CephFS goes again" "" "$(rest_done pi-a DELETE /1.0/storage-pools/remote-fs)"
same "LXD finds the northbound database" "" "$(rest_done pi-a PATCH /1.0 "{\"config\":{\"network.ovn.northbound_connection\":\"$northbound\"}}")"
same "a physical uplink" "" "$(pending /1.0/networks '{"name":"UPLINK","type":"physical","config":{"parent":"eth1"}}' &&
  rest_done pi-a POST /1.0/networks '{"name":"UPLINK","type":"physical","config":{"ipv4.gateway":"10.88.0.1/24","ipv4.ovn.ranges":"10.88.0.100-10.88.0.254","dns.nameservers":"10.88.0.1"}}')"
start=$SECONDS
same "an OVN network" "" "$(rest_done pi-a POST /1.0/networks '{"name":"default","type":"ovn","config":{"network":"UPLINK","ipv4.address":"10.200.0.1/24",
  "ipv4.nat":"true","ipv6.address":"fd42:4242:4242:1010::1/64","ipv6.nat":"true"}}')"
say "network default took $((SECONDS - start)) s"
same "the default profile has both" "" "$(rest_done pi-a PATCH /1.0/profiles/default '{"devices":{
  "root":{"type":"disk","path":"/","pool":"remote"},"eth0":{"type":"nic","name":"eth0","network":"default"}}}')"
"$HERE/image.sh" pi-a
start=$SECONDS
for host in pi-a pi-c; do
  same "a container on $host: Ceph below, OVN beside" "" "$(lxc_on pi-a launch busybox "on-$host" --target "$host" --quiet 2>&1)"
done
say "two containers took $((SECONDS - start)) s"
# address_of HOST: what OVN's DHCP gave to the guest on the host; has_address HOST: it gave one.
address_of() {
  rest pi-a GET "/1.0/instances/on-$1/state" | jq -r '[.metadata.network.eth0.addresses[]? | select(.family == "inet" and .scope == "global").address][0] // ""'
}
has_address() { [ -n "$(address_of "$1")" ]; }
# reach HOST ADDRESS: the guest on the host pings the address.
reach() { lxc_on pi-a exec "on-$1" -- ping -c1 -W2 "$2" >/dev/null 2>&1; }
for host in pi-a pi-c; do comes "the guest on $host has an address from OVN" has_address $host; done
comes "guests on two members reach each other" reach pi-a "$(address_of pi-c)"
comes "and the uplink's gateway" reach pi-c 10.88.0.1
lxc_on pi-a exec on-pi-c -- sh -c 'mkdir /www && echo hello >/www/x && httpd -h /www'
same "also over TCP" hello "$(lxc_on pi-a exec on-pi-a -- wget -T 10 -qO- "http://$(address_of pi-c)/x" 2>&1)"
health=$(on pi-a ceph health detail -f json </dev/null | jq -r '.status, (.checks | keys | map("- " + .) | join(" "))' | xargs)
has "Ceph is well, or says what it lacks" '^(HEALTH_OK|HEALTH_WARN -)' "$health"
say "Ceph: $health"

# a power cut
kill -9 "$(init_of pi-c)"
"$HERE/down.sh" pi-c
"$HERE/boot.sh" pi-c
comes "microceph is back after a power cut" micro_answers pi-c microceph
comes "three OSDs are up again" osds_up
comes "LXD too" online pi-a pi-a pi-b pi-c
lxc_on pi-a start on-pi-c >>"$OUT/launch" 2>&1 || true
comes "its guest runs again" has_address pi-c
comes "and is reached" reach pi-a "$(address_of pi-c)"

# a fourth host comes later: no monitor, no central, but a disk and a chassis
SERVICES="microceph microovn" "$HERE/up.sh" pi-d
for service in microceph microovn; do
  comes "$service answers on pi-d" micro_answers pi-d $service
  joins pi-d $service/join "$(token $service pi-d)" >/dev/null
done
same "its disk is an OSD" Success "$(asks pi-a microceph/disks-add POST '/1.0/disks?target=pi-d' '{"path":["/dev/sdb"]}' | jq -r '.report[0].report')"
same "it has no monitor and no central" "chassis switch" \
  "$(for service in microceph microovn; do asks pi-d $service/services-three GET /1.0/services; done | jq -rs 'add | map(select(.location == "pi-d").service) | join(" ")')"
four_chassis() { [ "$(chassis)" = "pi-a pi-b pi-c pi-d" ]; }
comes "four chassis" four_chassis
comes "four OSDs are up" osds_up 4
same "LXD of pi-d joins" "" "$(lxd_join pi-a pi-d)"

# and goes: its OSD first, then the member
asks pi-a microceph/disk-delete DELETE "/1.0/disks/$(asks pi-a microceph/disks-three-hosts GET /1.0/disks | jq '.[] | select(.location == "pi-d").osd')?target=pi-d" \
  '{"osdid":0,"bypass_safety":false,"confirm_downgrade":false,"prohibit_crush_scaledown":false,"timeout":90}' >/dev/null
for service in microceph microovn; do
  asks pi-a $service/member-delete-force DELETE '/core/1.0/cluster/pi-d?force=1' >/dev/null
  comes "$service of pi-d is empty again" micro_answers pi-d $service
  asks pi-d $service/removed-member-cluster GET /core/1.0/cluster >/dev/null
done
comes "three chassis again" three_chassis
comes "three OSDs again" osds_up
drifted "a fourth member"

unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(kept)"
say "memory (MB): $(on pi-a sh -c 'for p in ceph-mon ceph-mgr ceph-mds ceph-osd lxd ovsdb-server ovs-vswitchd ovn-northd ovn-controller python3; do
  for i in $(pgrep -x $p); do echo "$p $(awk "/VmRSS/ {print int(\$2 / 1024)}" /proc/$i/status)"; done; done' </dev/null | xargs)"
