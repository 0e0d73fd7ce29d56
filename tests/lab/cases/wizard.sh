#!/bin/bash
# Three consoles of 80x24, on each just `mcloud`: from Welcome to Done by the shortest way, every key counted; then every node is at home.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b pi-c
others() { for host in pi-a pi-b pi-c; do disk_sum "$host" "$host-c"; done; }
before=$(others)

term_start pi-a pi-a mcloud
opens pi-a
term_start pi-b pi-b mcloud
started=$(now_ms)
term_start pi-c pi-c mcloud
say "from the last mcloud's start to the first peer on its screen: $(first_seen pi-c 'led by pi-a' "$started") ms"
press pi-a F10
for joiner in pi-b pi-c; do
  knocks "$joiner" pi-a
  trusts pi-a "$joiner"
done

# pi-b's operator gives a disk at its own console: one key more than the shortest way
does pi-b Disks "$MARK\[ Suggest \]" Enter
sees pi-b Disks 'pi-b \(here\) [0-9.]+ sdb .* ■ Local'
to_review pi-a
comes "Review says which disk will be formatted" shown pi-a 'Will be formatted.*pi-b sdb .*LABDISK'
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-b pi-c; do sees "$host" Done 'is ready: 3 members'; done
say "keys: pi-a $(keys_of pi-a), pi-b $(keys_of pi-b), pi-c $(keys_of pi-c)"
at_most pi-a 20
at_most pi-c 16
at_most pi-b 17
for host in pi-a pi-b pi-c; do does "$host" Done "$MARK\[ Close \]" Enter; done
for host in pi-a pi-b pi-c; do same "mcloud ends well on $host" 0 "$(term_exit "$host")"; done

same "three members are online" "pi-a pi-b pi-c" "$(members pi-a)"
same "one pool, created on all" "Created at pi-a pi-b pi-c" "$(pool_state pi-a)"
same "pi-b has the pool on the disk its operator gave" /dev/sdb "$(pool_on pi-a pi-b)"
for host in pi-a pi-c; do has "$host has the pool on a file" '^/var/lib/lxd/' "$(pool_on pi-a "$host")"; done
"$HERE/image.sh" pi-a
for host in pi-a pi-b pi-c; do same "a container runs on $host" alive "$(guest pi-a "$host")"; done
unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(others)"
for host in pi-a pi-c; do same "the blank disk of $host was never written" 0 "$(disk_written "$host" "$host-b")"; done
