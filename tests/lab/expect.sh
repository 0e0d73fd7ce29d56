# shellcheck shell=bash
# What a case says with: ok and not ok lines, waits, fresh hosts, guests, preseeds; evidence on failure. To be sourced by cases.

# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=term.sh
. "$HERE/term.sh"

FAILED=0
OUT=$LAB/out # what the commands of this case printed
HOSTS=()     # the hosts of this case
mkdir -p "$OUT"
echo $$ >"$LAB/case.pid"
trap finish EXIT

# finish: the last act of a case; shows evidence when something failed, and passes the failure on.
finish() {
  local code=$?
  drop_jobs
  if [ $code = 0 ] && [ $FAILED = 0 ]; then exit 0; fi
  evidence || true
  exit 1
}
# evidence: screens and logs of the hosts of this case.
evidence() {
  local name file host
  for name in $(term_names); do
    echo "--- terminal $name: the last screens"
    tail -n 40 "$TERMS/$name.seen" 2>/dev/null || true
    term_screen "$name" | sed '/^$/d'
  done
  for file in "$OUT"/*; do if [ -f "$file" ]; then echo "--- end of ${file#"$OUT"/}"; tail -n 15 "$file"; fi; done
  for host in "${HOSTS[@]}"; do
    init_of "$host" >/dev/null || continue
    echo "--- $host: processes, logs of mcloud, lxd's journal"
    on "$host" sh -c 'pgrep -a mcloud; ls -la /var/lib/mcloud /run/mcloud; find /var/lib/mcloud -name "*.log" | xargs -r tail -n 25
      journalctl --no-pager -q -o cat -u lxd | grep -v CGroup | tail -n 15' </dev/null 2>&1
  done
}

# ok WHAT / not_ok WHAT EXPECTED SEEN: one verdict. A case goes on after a verdict that failed, unless it says `|| exit 1`.
ok() { echo "ok - $1"; }
not_ok() {
  echo "not ok - $1"
  printf '%s\n' "$2" | sed 's/^/    expected: /'
  printf '%s\n' "$3" | tail -n 20 | sed 's/^/    seen:     /'
  FAILED=$((FAILED + 1))
  return 0
}
# same WHAT EXPECTED SEEN
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2" "$3"; fi; }
# has WHAT REGEX TEXT: TEXT has a match (extended, without case).
has() { if grep -qiE -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "/$2/" "$3"; fi; }
# comes WHAT CMD…: CMD succeeds before patience ends.
comes() {
  local what=$1
  shift
  if until_true "$@"; then ok "$what"; else not_ok "$what" "$* succeeds" "not within $PATIENCE s"; fi
}
# unchanged WHAT BEFORE AFTER: two texts are the same; shows the difference otherwise.
unchanged() {
  if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "no difference" "$(diff <(echo "$2") <(echo "$3") || true)"; fi
}

# drop_jobs: forgets commands begun and screens watched; what still runs inside a host ends with the host.
drop_jobs() {
  local jobs
  jobs=$(jobs -p)
  # shellcheck disable=SC2086
  if [ -n "$jobs" ]; then kill $jobs 2>/dev/null || true; wait $jobs 2>/dev/null || true; fi
}
# fresh HOST…: these hosts are new, LXD of each answers.
fresh() {
  local host
  HOSTS=("$@")
  drop_jobs
  term_clear
  rm -rf "$OUT" "$LAB/impatient"
  mkdir -p "$OUT"
  "$HERE/up.sh" "$@"
  for host in "$@"; do until_true lxd_answers "$host" || die "LXD of $host does not answer"; done
}

# preseed HOST[:SERIAL]…: the preseed of a cluster "attic" of these hosts, the first is the initiator; SERIAL is its Local disk.
preseed() {
  local part
  printf 'cluster: attic\ninitiator: %s\nnodes:\n' "${1%%:*}"
  for part in "$@"; do
    printf '  - name: %s\n    address: %s\n' "${part%%:*}" "$(ip_of "${part%%:*}")"
    [ "$part" = "${part%%:*}" ] || printf '    disks:\n      - use: local\n        serial: %s\n' "${part#*:}"
  done
  printf 'local:\n  driver: auto\n  file: 2GiB\nerase: 0\n'
}
# give_preseed HOST[:SERIAL]…: writes it to /root/attic.yaml on all of them.
give_preseed() {
  local part
  for part in "$@"; do preseed "$@" | put "${part%%:*}" /root/attic.yaml; done
}
# carry_token FROM TO: takes the joiner's token file over, as the operator would; waits until the initiator has written it.
# A joiner that has its token keeps it.
carry_token() {
  if on "$2" test -s /root/my.token </dev/null; then return 0; fi
  until_true on "$1" test -s "/root/tokens/$2.token" </dev/null || { not_ok "$1 writes the token of $2" "a file" "none"; return 1; }
  on "$1" cat "/root/tokens/$2.token" </dev/null | put "$2" /root/my.token 600
}
# begin HOST NAME CMD…: runs CMD on the host without a terminal; output in $OUT/NAME, exit code by exit_of NAME.
begin() {
  local host=$1 name=$2
  shift 2
  rm -f "$OUT/$name.exit"
  ( code=0
    on "$host" "$@" </dev/null >"$OUT/$name" 2>"$OUT/$name.err" || code=$?
    echo $code >"$OUT/$name.exit" ) &
}
# ended NAME / exit_of NAME: the end of a command begun; waits for it.
ended() { [ -s "$OUT/$1.exit" ]; }
exit_of() { until_true ended "$1" && cat "$OUT/$1.exit" || echo "still running"; }
# INIT, JOIN: the two commands of a run, as they are typed.
INIT="mcloud init --preseed /root/attic.yaml --tokens /root/tokens"
JOIN="mcloud join --preseed /root/attic.yaml --token-file /root/my.token"
# form FLAG HOST…: the whole run with FLAG (--json, --lines) on a host each, without terminals; exit codes by exit_of HOST.
form() {
  local flag=$1 initiator=$2 host
  shift 2
  # shellcheck disable=SC2086
  begin "$initiator" "$initiator" $INIT "$flag"
  for host in "$@"; do
    # who is in already would be shown the end of the run before, if it looked before this one began
    if on "$host" test -s /root/my.token </dev/null; then until_true grep -qE "$host.*connected" "$OUT/$initiator" || true; fi
    carry_token "$initiator" "$host" || return 0
    # shellcheck disable=SC2086
    begin "$host" "$host" $JOIN "$flag"
  done
}
# form_on_screens HOST…: the same on a terminal each; exit codes by term_exit HOST.
form_on_screens() {
  local initiator=$1 host
  # shellcheck disable=SC2086
  term_start "$initiator" "$initiator" $INIT
  shift
  for host in "$@"; do
    carry_token "$initiator" "$host" || return 0
    # shellcheck disable=SC2086
    term_start "$host" "$host" $JOIN
  done
}

# members HOST: names of the members that are Online, in order.
members() { lxc_on "$1" cluster list --format json | jq -r 'map(select(.status == "Online").server_name) | sort | join(" ")'; }
# online HOST MEMBER…: exactly these members are Online.
online() { local host=$1; shift; [ "$(members "$host" 2>/dev/null)" = "$*" ]; }
# pool_state HOST: "STATUS at MEMBERS" of the pool local.
pool_state() { rest "$1" GET /1.0/storage-pools/local | jq -r '.metadata | "\(.status) at \(.locations | sort | join(" "))"'; }
# best_driver HOST: what `driver: auto` must come to, by what LXD of the host offers.
best_driver() {
  rest "$1" GET /1.0 | jq -r '[.metadata.environment.storage_supported_drivers[].Name] as $has | first(("zfs", "btrfs", "dir") | select([.] | inside($has)))'
}
# pool_on HOST MEMBER: what the pool local lies on at a member: a device or a file.
pool_on() {
  local source
  source=$(rest "$1" GET "/1.0/storage-pools/local?target=$2" | jq -r .metadata.config.source)
  # LXD writes the UUID of a file system it made on a disk
  case $source in /*) ;; *) source=/dev/disk/by-uuid/$source ;; esac
  on "$2" readlink -f "$source" </dev/null
}
# guest HOST MEMBER: starts a container on pool local of a member and says its state.
guest() {
  lxc_on "$1" launch busybox "on-$2" --storage local --target "$2" --quiet >>"$OUT/launch" 2>&1 || true
  lxc_on "$1" exec "on-$2" -- echo alive 2>>"$OUT/launch" || true
}
# lxd_state HOST: what LXD was told, for a comparison before and after.
lxd_state() {
  local path
  for path in /1.0 /1.0/cluster '/1.0/storage-pools?recursion=1' /1.0/profiles/default; do
    rest "$1" GET "$path" | jq -S 'if .metadata.environment? then .metadata.config else .metadata end'
  done
}
# disk_sum HOST SERIAL: checksum of the whole disk behind the serial.
disk_sum() { sha256sum <"$(loop_of "$HOSTS_DIR/$1/disks/$2.img")"; }
# disk_written HOST SERIAL: how many blocks of a disk that was blank were ever written.
disk_written() {
  blockdev --flushbufs "$(loop_of "$HOSTS_DIR/$1/disks/$2.img")"
  stat -c %b "$HOSTS_DIR/$1/disks/$2.img"
}
# enable_cluster HOST NAME: makes LXD of the host a cluster of one, as somebody else would have.
enable_cluster() {
  rest_done "$1" PUT /1.0 "{\"config\":{\"core.https_address\":\"$(ip_of "$1"):8443\",\"cluster.https_address\":\"$(ip_of "$1"):8443\"}}" &&
    rest_done "$1" PUT /1.0/cluster "{\"server_name\":\"$2\",\"enabled\":true}"
}
# lxd_join MEMBER HOST: LXD of the host joins the cluster of the member, with its own name.
lxd_join() {
  local made token
  made=$(rest "$1" POST /1.0/cluster/members "{\"server_name\":\"$2\"}" | jq -c .metadata.metadata)
  token=$(jq -c --arg name "$2" '{server_name: $name, fingerprint, addresses, secret, expires_at: .expiresAt}' <<<"$made" | base64 -w0)
  rest_done "$2" PUT /1.0 "{\"config\":{\"core.https_address\":\"$(ip_of "$2"):8443\"}}" &&
    rest_done "$2" PUT /1.0/cluster "$(jq -nc --arg name "$2" --arg own "$(ip_of "$2"):8443" --arg there "$(ip_of "$1"):8443" --arg token "$token" \
      --arg certificate "$(rest "$1" GET /1.0 | jq -r .metadata.environment.certificate)" '{server_name: $name, enabled: true, server_address: $own,
      cluster_address: $there, cluster_certificate: $certificate, cluster_token: $token, cluster_password: $token, member_config: []}')"
}
