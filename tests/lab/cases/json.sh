#!/bin/bash
# Three nodes with --json: every line is an object, the last one says how it ended.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a pi-b pi-c
give_preseed pi-a:pi-a-b pi-b pi-c

form --json pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do
  same "mcloud ends well on $host" 0 "$(exit_of "$host")"
  same "every line of $host is an object with version, time, node and kind" '["object"]' \
    "$(jq -Rsc 'split("\n")[:-1] | map(try (fromjson | if .v == 1 and (.at and .node and .kind) then type else . end) catch "not JSON") | unique' "$OUT/$host")"
  same "the last line of $host tells of the end" '{"kind":"done","ok":true,"exit":0,"members":3}' \
    "$(tail -n1 "$OUT/$host" | jq -c '{kind, ok, exit, members: (.members | if type == "array" then length else . end)}' 2>&1)"
  same "the end is told once on $host" 1 "$(grep -c '"kind":"done"' "$OUT/$host")"
done
same "three members are online" "pi-a pi-b pi-c" "$(members pi-c)"
for list in "node list" "cluster list" "token list"; do
  # shellcheck disable=SC2086
  same "mcloud $list --json is JSON" 0 "$(on pi-a timeout 60 mcloud $list --json </dev/null 2>&1 | jq . >/dev/null 2>&1; echo $?)"
done
for host in pi-a pi-b pi-c; do has "mcloud node list knows $host" "$host" "$(on pi-a timeout 60 mcloud node list --json </dev/null 2>&1)"; done
has "mcloud cluster list knows the cluster" attic "$(on pi-a timeout 60 mcloud cluster list --json </dev/null 2>&1)"
