#!/bin/bash
# The lab itself, without mcloud: one LXD by REST, a container on a pool, a terminal, disks, a power cut.
set -euo pipefail
# shellcheck source=../expect.sh
. "$(dirname "$0")/../expect.sh"
fresh pi-a pi-b

same "a host sees the lab's disks alone" "sdb pi-a-b 3221225472;sdc pi-a-c 268435456" \
  "$(rest pi-a GET /1.0/resources | jq -r '[.metadata.storage.disks[] | "\(.id) \(.serial) \(.size)"] | join(";")')"
same "a host reaches the other" "1" "$(on pi-a ping -c1 -W5 pi-b </dev/null | grep -c ' 0% packet loss')"
same "the disk that holds something says so" "ext4" "$(on pi-a blkid -p -o value -s TYPE /dev/sdc </dev/null)"

same "a blank disk was never written" 0 "$(disk_written pi-a pi-a-b)"
written() { [ "$(disk_written pi-a pi-a-b)" -gt 0 ]; }
enable_cluster pi-a pi-a || exit 1
same "a cluster of one" "pi-a" "$(members pi-a)"
same "a pool on a disk" "" "$(rest_done pi-a POST '/1.0/storage-pools?target=pi-a' '{"name":"local","driver":"btrfs","config":{"source":"/dev/sdb"}}' &&
  rest_done pi-a POST /1.0/storage-pools '{"name":"local","driver":"btrfs"}')"
comes "what is written on a disk is seen" written
same "the pool is created" "Created at pi-a" "$(pool_state pi-a)"
"$HERE/image.sh" pi-a
same "a container runs" "alive" "$(guest pi-a pi-a)"

# shellcheck disable=SC2016
term_start pi-a words sh -c 'stty size; tty; read -r word; echo "read $word"; exit 3'
comes "a terminal has 24 lines of 80" term_wait words '^24 80$'
comes "a terminal is a pty of the host" term_wait words '^/dev/pts/0$'
term_keys words hello Enter
same "the exit code of a terminal" "3" "$(term_exit words)"
comes "its last screen can be read" term_shows words '^read hello$'

term_start pi-a broken sh -c 'trap "exit 3" INT; echo ready; while sleep 0.1; do :; done'
term_wait broken ready
term_keys broken C-c
same "Ctrl-C reaches the command" "3" "$(term_exit broken)"

kill -9 "$(init_of pi-a)"
"$HERE/down.sh" pi-a
"$HERE/boot.sh" pi-a
comes "LXD is back after a power cut" online pi-a pi-a
runs() { [ "$(lxc_on pi-a exec on-pi-a -- echo alive 2>/dev/null)" = alive ]; }
comes "and so is the container" runs
