#!/usr/bin/env bash
# Memory of the gateway per session: opens SESSIONS (1,000) idle sessions through it, and again with one message each way in each.
# Prints what the process grew by, divided by the sessions. Exit 1 when that is over LIMIT_KIB (0: no limit).
#
#   SESSIONS=1000 SIZE=3200 ENDPOINT=/v1/ws/voice LIMIT_KIB=0 VOICE_SERVER=PATH
set -euo pipefail
cd "$(dirname "$0")/.."

sessions=${SESSIONS:-1000} size=${SIZE:-3200} endpoint=${ENDPOINT:-/v1/ws/voice} limit=${LIMIT_KIB:-0}
. scripts/bench-common.sh
ulimit -n "$(ulimit -Hn)"

build_tools loadgen fakeupstream
gateway=$(gateway_binary)
choose_cores
start_upstream

# of the gateway, in KiB: proportional set size, resident set size
memory() { awk '/^Pss:/ { pss = $2 } /^Rss:/ { rss = $2 } END { print pss, rss }' "/proc/$gateway_pid/smaps_rollup"; }

# hold COUNT FLAG...: opens sessions and sets `holder` once they are open.
hold() {
  local count=$1
  shift
  RELAY_TOKEN=$token "$(tool loadgen)" --target "gateway:$gateway_port:$gateway_pid:$endpoint" --connections "$count" --size "$size" \
    --hold 60 "$@" >"$scratch/hold" &
  holder=$!
  started+=("$holder")
  for _ in $(seq 600); do
    grep -q open "$scratch/hold" && return
    kill -0 "$holder" 2>/dev/null || exit 1
    sleep 0.05
  done
  exit 1
}
release() {
  kill "$holder" && wait "$holder" 2>/dev/null || true
  sleep 1
}

# measure NAME FLAG...
measure() {
  local name=$1
  shift
  start_gateway "$gateway"
  # What the first sessions bring into being for all is not theirs.
  hold 20 --touch
  release
  read -r pss rss < <(memory)
  hold "$sessions" "$@"
  sleep 2
  read -r pss_after rss_after < <(memory)
  release
  read -r pss_gone _ < <(memory)
  kill "$gateway_pid"
  awk -v name="$name" -v n="$sessions" -v a="$pss" -v b="$pss_after" -v c="$rss" -v d="$rss_after" -v e="$pss_gone" -v limit="$limit" 'BEGIN {
    per = (b - a) / n
    printf "%-28s %6.1f KiB PSS a session, %6.1f KiB RSS (process: %.1f MiB before, %.1f with %d sessions, %.1f when they were gone)\n",
      name, per, (d - c) / n, a / 1024, b / 1024, n, e / 1024
    exit limit > 0 && per > limit }'
}

token=$(mint_token)
status=0
measure "idle" || status=1
measure "after a message each way" --touch || status=1
exit "$status"
