#!/bin/bash
# A cluster of one: from a preseed with one node, the pool on a loop file, on a terminal.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a
give_preseed pi-a

form_on_screens pi-a
same "mcloud init ends well" 0 "$(term_exit pi-a)"
same "one member is online" pi-a "$(members pi-a)"
same "the pool is created" "Created at pi-a" "$(pool_state pi-a)"
same "the pool has the best driver" "$(best_driver pi-a)" "$(rest pi-a GET /1.0/storage-pools/local | jq -r .metadata.driver)"
has "the pool lies on a file" '^/var/lib/lxd/' "$(pool_on pi-a pi-a)"
same "the blank disk was never written" 0 "$(disk_written pi-a pi-a-b)"
"$HERE/image.sh" pi-a
same "a container runs on the pool" alive "$(guest pi-a pi-a)"
