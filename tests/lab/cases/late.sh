#!/bin/bash
# A third node joins a cloud of two whose pool exists, with a Local disk of its own.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a pi-b pi-c
give_preseed pi-a:pi-a-b pi-b
form --lines pi-a pi-b
for host in pi-a pi-b; do same "two nodes: mcloud ends well on $host" 0 "$(exit_of "$host")"; done
same "two members are online" "pi-a pi-b" "$(members pi-a)"

give_preseed pi-a:pi-a-b pi-b pi-c:pi-c-b
form --lines pi-a pi-b pi-c
for host in pi-a pi-b pi-c; do same "three nodes: mcloud ends well on $host" 0 "$(exit_of "$host")"; done
same "three members are online" "pi-a pi-b pi-c" "$(members pi-a)"
same "the pool is created on all" "Created at pi-a pi-b pi-c" "$(pool_state pi-a)"
same "pi-a has the pool on its disk" /dev/sdb "$(pool_on pi-a pi-a)"
has "pi-b has the pool on a file" '^/var/lib/lxd/' "$(pool_on pi-a pi-b)"
same "pi-c has the pool on its own disk" /dev/sdb "$(pool_on pi-a pi-c)"
has "lxc storage show says so of pi-c" 'source: [^ ]' "$(lxc_on pi-a storage show local --target pi-c)"
"$HERE/image.sh" pi-a
same "a container runs on pi-c" alive "$(guest pi-a pi-c)"
