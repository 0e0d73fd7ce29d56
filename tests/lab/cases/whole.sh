#!/bin/bash
# Three consoles of 80x24, on each just `mcloud`: all seven phases with the suggested disks for Ceph and OVN. The file system cannot be here: the
# operator asks for it all the same, reads why, leaves it out, and goes on to Done.
set -euo pipefail
# Where the router of the bridge is that mcloud suggests, for the guests' ping.
export GATEWAY=10.111.0.1
# shellcheck source=../operator.sh
. "$(dirname "$0")/../operator.sh"
# shellcheck source=../cloud.sh
. "$HERE/cloud.sh"
fresh_cloud pi-a pi-b pi-c
others() { for host in pi-a pi-b pi-c; do disk_sum "$host" "$host-c"; done; }
before=$(others)

term_start pi-a pi-a mcloud
opens pi-a
for joiner in pi-b pi-c; do term_start "$joiner" "$joiner" mcloud; done
press pi-a F10
for joiner in pi-b pi-c; do
  knocks "$joiner" pi-a
  trusts pi-a "$joiner"
done
press pi-a F10
does pi-a Disks "$MARK\[ Suggest \]" Enter
sees pi-a Disks '■ Ceph: 3 disks on 3 nodes'
does pi-a Disks "$MARK\[ Next \]" Up Up Up
does pi-a Disks "$MARK File system +none: LXD on" Enter
does pi-a Disks "$MARK File system +! remote-fs, though" F10
does pi-a Network "$MARK\[ Review \]" F10
comes "Review says which disks will be formatted" shown pi-a 'Will be formatted.*pi-c sdb Ceph LABDISK'
cloud_preseed pi-a pi-b pi-c
does pi-a Review "$MARK\[ Install \]" Enter
started=$(now_ms)
# somebody else looks on, for whom mcloud tells what happens as JSON: what is under way is followed, whatever the preseed says
sees pi-a Install
begin pi-a events mcloud init --preseed /root/attic.yaml --json

# the failure, on every console, in LXD's words
for host in pi-a pi-b pi-c; do
  sees "$host" Install 'Stopped: Attach on pi-a'
  comes "$host is told what stopped, in LXD's words" shown "$host" "could not make the pool remote-fs.*CEPHFS doesn't exist"
done
sees pi-a Install 'You decide what happens now'
say "from Install to the decision: $(($(now_ms) - started)) ms, $(keys_of pi-a) keys so far"
comes "with ways on" shown pi-a '\[ Retry \] *\[ Change answers \] *\[ Report \] *\[ End here \]'
until_done=$(keys_of pi-a)
press pi-a Tab
does pi-a Install "$MARK\[ Change answers \]" Enter
# the focus is where it was
does pi-a Disks "$MARK File system +! remote-fs" Enter
does pi-a Disks "$MARK File system +none" F10
does pi-a Network "$MARK\[ Review \]" F10
does pi-a Review "$MARK\[ Install \]" Enter
for host in pi-a pi-b pi-c; do sees "$host" Done 'is ready: 3 members'; done
say "from Install to Done, with the change: $(($(now_ms) - started)) ms"
say "keys: pi-a $(keys_of pi-a) ($((until_done - 4)) without the file system), pi-b $(keys_of pi-b), pi-c $(keys_of pi-c)"
at_most pi-a 25
for host in pi-a pi-b pi-c; do
  say "$host: Install stood still for $(longest_still "$host" Install) ms at the longest"
  does "$host" Done "$MARK\[ Close \]" Enter
done
for host in pi-a pi-b pi-c; do same "mcloud ends well on $host" 0 "$(term_exit "$host")"; done

same "who looked on saw the end" 0 "$(exit_of events)"
shows_times events

shows_lists bridge pi-a pi-b pi-c
shows_ceph pi-a pi-b pi-c
shows_chassis pi-a pi-b pi-c
shows_guests pi-a pi-b pi-c
unchanged "disks that were not chosen are the same, bit for bit" "$before" "$(others)"
