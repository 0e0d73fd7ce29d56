#!/bin/bash
# Once there is a cloud, `mcloud` is at home in it: on the leader and on a worker, also after the daemon started again.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b
give_preseed pi-a pi-b
form --lines pi-a pi-b
for host in pi-a pi-b; do same "mcloud ends well on $host" 0 "$(exit_of "$host")"; done

at_home() {
  local host
  for host in pi-a pi-b; do
    term_start "$host" "$host" mcloud
    sees "$host" Home "$host is in the cluster attic"
  done
  sees pi-a Home 'pi-a and pi-b'
  sees pi-a Home 'This node ■ leader'
  sees pi-b Home 'This node ■ worker, connected'
  for host in pi-a pi-b; do
    does "$host" Home "$MARK Close" Enter
    same "$1: the home screen of $host is closed with 0" 0 "$(term_exit "$host")"
  done
}
at_home "after the end"
for host in pi-a pi-b; do on "$host" kill "$(daemon_of "$host")" </dev/null; done
at_home "with new daemons"
same "both are still members" "pi-a pi-b" "$(members pi-b)"
