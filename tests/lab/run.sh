#!/bin/bash
# Runs cases of the lab (without a name those of every change) with the mcloud at $MCLOUD on fresh hosts. usage: run.sh [CASE…]
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
can_run
# The quick ones first. services, six, bridge and remote-fs take minutes each and are run by name.
[ $# -gt 0 ] || set -- self one bad-input json three late faces home refusals wizard consoles leave session grow \
  seven whole fourth
mkdir -p "$LAB/bin"
exec {lock}>"$LAB/lock"
flock -n "$lock" || die "another run uses $LAB (set MCLOUD_LAB to have a second lab)"
"$HERE/build.sh" | grep -v 'already built' || true

# the binary under its three names, in /usr/local/bin of every host
program=${MCLOUD:-$REPO/target/release/mcloud}
if [ -x "$program" ]; then
  cp "$program" "$LAB/bin/mcloud.new"
  mv "$LAB/bin/mcloud.new" "$LAB/bin/mcloud"
  for name in mcloudd mcloud-agent; do ln -sfn mcloud "$LAB/bin/$name"; done
elif [ "$*" != self ] && [ "$*" != services ]; then
  die "no mcloud at $program: cargo build --release, or set MCLOUD to one"
fi

passed=0 failed=0
# over: the runner ends, however it does: so does the case, and the hosts too; KEEP=1 leaves them up for a look around
over() {
  local pid
  pid=$(cat "$LAB/case.pid" 2>/dev/null) && grep -qs cases/ "/proc/$pid/cmdline" && kill "$pid" 2>/dev/null
  rm -f "$LAB/case.pid"
  [ -n "${KEEP-}" ] || "$HERE/down.sh" --wipe
}
trap over EXIT
trap 'exit 130' INT TERM HUP
for case in "$@"; do
  [ -e "$HERE/cases/$case.sh" ] || die "no such case: $case"
  echo "## $case"
  start=$SECONDS code=0
  (timeout -k 10 1200 bash "$HERE/cases/$case.sh" </dev/null {lock}>&- 2>&1 | tee "$LAB/last-$case.log") &
  wait $! || code=$?
  passed=$((passed + $(grep -c '^ok - ' "$LAB/last-$case.log" || true)))
  wrong=$(grep -c '^not ok - ' "$LAB/last-$case.log" || true)
  if [ $code != 0 ] && [ "$wrong" = 0 ]; then echo "not ok - $case came to its end (exit $code)"; wrong=1; fi
  failed=$((failed + wrong))
  echo "## $case took $((SECONDS - start)) s"
  # a case finds no hosts of the one before: they would be heard, and a Ceph that has lost hosts hangs
  [ -n "${KEEP-}" ] || "$HERE/down.sh" --wipe
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
