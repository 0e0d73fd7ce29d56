#!/bin/bash
# A preseed or a command line that is wrong: exit code 2, a message that says where, and not a trace of mcloud on the node.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a

# rejected WHAT REGEX CMD…: CMD ends with 2, its message matches, nothing was left
rejected() {
  local what=$1 regex=$2 code=0 said
  shift 2
  on pi-a timeout 60 "$@" </dev/null >"$OUT/said" 2>&1 || code=$? # a file: a daemon left behind would hold a pipe open
  said=$(cat "$OUT/said")
  same "$what: exit code 2" 2 "$code"
  has "$what: the message says it" "$regex" "$said"
  same "$what: no trace" "" "$(on pi-a find /var/lib/mcloud /run/mcloud </dev/null 2>/dev/null || true)"
  on pi-a rm -rf /var/lib/mcloud /run/mcloud </dev/null
  same "$what: no process" "" "$(on pi-a pgrep -a mcloud </dev/null || true)"
}
# wrong WHAT REGEX SED: the preseed of one node, made wrong by a sed expression
wrong() {
  preseed pi-a | sed -E "$3" | put pi-a /root/attic.yaml
  # shellcheck disable=SC2086
  rejected "$1" "$2" $INIT --lines
}

wrong "an unknown key" 'colour' '1i colour: red'
wrong "an unknown key says line and column" '(line |:)[0-9]+' '/^local:/a\  colour: red'
wrong "an unknown driver" 'floppy' 's/driver: auto/driver: floppy/'
wrong "a size that is none" 'lots' 's/file: .*/file: lots/'
wrong "an address that is none" '10\.77\.0' 's/(address: 10\.77\.0).*/\1/'
wrong "an initiator that is no node" 'pi-z' 's/^initiator: .*/initiator: pi-z/'
wrong "a node twice" 'pi-a' 's/^local:/  - name: pi-a\n    address: 10.77.0.12\nlocal:/'
wrong "not YAML" '(line |:)[0-9]+' 's/^nodes:/nodes: [/'
wrong "an empty file" 'cluster|empty' 'd'
preseed pi-a | put pi-a /root/attic.yaml
rejected "a preseed that is not there" '/root/none\.yaml' mcloud init --lines --preseed /root/none.yaml --tokens /root/tokens
rejected "an unknown option" 'colour' mcloud init --colour
preseed pi-b pi-a | put pi-a /root/attic.yaml
rejected "a token file that is not there" '/root/none\.token' mcloud join --lines --preseed /root/attic.yaml --token-file /root/none.token
echo nonsense | put pi-a /root/my.token 600
# shellcheck disable=SC2086
rejected "a token that is none" 'token' $JOIN --lines
