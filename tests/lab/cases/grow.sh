#!/bin/bash
# A cloud of two takes more in: pi-c at its console by a new session that its operator opens from home, then pi-d by a token at its console.
set -euo pipefail
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
fresh pi-a pi-b pi-c pi-d
give_preseed pi-a:pi-a-b pi-b
form --lines pi-a pi-b
for host in pi-a pi-b; do same "two nodes: mcloud ends well on $host" 0 "$(exit_of "$host")" || exit 1; done
before=$(disk_sum pi-c pi-c-c)

term_start pi-a pi-a mcloud
sees pi-a Home 'pi-a is in the cluster attic'
focus pi-a 'Add nodes'
press pi-a Enter
sees pi-a Peers "$MARK\[ Next \]"
term_start pi-c pi-c mcloud
press pi-a F10
knocks pi-c pi-a
trusts pi-a pi-c
does pi-c Disks "$MARK\[ Suggest \]" Enter
sees pi-c Disks 'pi-c \(here\) [0-9.]+ sdb .* ■ Local'
to_review pi-a
comes "Review says which disk will be formatted" shown pi-a 'Will be formatted.*pi-c sdb .*LABDISK'
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-c; do
  sees "$host" Done 'is ready: 3 members'
  does "$host" Done "$MARK\[ Close \]" Enter
  same "mcloud ends well on $host" 0 "$(term_exit "$host")"
done
say "keys: pi-a $(keys_of pi-a), pi-c $(keys_of pi-c)"
same "three members are online" "pi-a pi-b pi-c" "$(members pi-a)"
same "pi-c has the pool on the disk its operator gave" /dev/sdb "$(pool_on pi-a pi-c)"
unchanged "the disk of pi-c that was not chosen is the same, bit for bit" "$before" "$(disk_sum pi-c pi-c-c)"

before=$(for disk in b c; do disk_sum pi-d "pi-d-$disk"; done)
on pi-a mcloud token create --node pi-d --json </dev/null | jq -r .token.secret | put pi-d /root/any.token 600
term_start pi-d pi-d mcloud join --token-file /root/any.token
sees pi-d Disks 'pi-d \(here\)'
term_start pi-a pi-a mcloud
does pi-a Peers "$MARK\[ Next \]" F10
sees pi-a Trust 'pi-d [0-9.]+ .*trusted'
to_review pi-a
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-d; do
  sees "$host" Done 'is ready: 4 members'
  does "$host" Done "$MARK\[ Close \]" Enter
  same "mcloud ends well on $host, which came by a token" 0 "$(term_exit "$host")"
done
same "four members are online" "pi-a pi-b pi-c pi-d" "$(members pi-d)"
same "the pool is created on all" "Created at pi-a pi-b pi-c pi-d" "$(pool_state pi-a)"
has "pi-d has the pool on a file" '^/var/lib/lxd/' "$(pool_on pi-a pi-d)"
unchanged "no disk of pi-d was written" "$before" "$(for disk in b c; do disk_sum pi-d "pi-d-$disk"; done)"
"$HERE/image.sh" pi-a
for host in pi-c pi-d; do same "a container runs on $host" alive "$(guest pi-a "$host")"; done
