#!/usr/bin/env bash
# Memory of the gateway per session: opens SESSIONS (1,000) idle sessions through it, and again with one message each way in each.
# Prints what the process grew by, divided by the sessions. Exit 1 when that is over LIMIT_KIB (0: no limit).
#
# Freed memory is returned to the system once a minute: WAIT=65 shows what is left then.
#
#   SESSIONS=1000 SIZE=3200 ENDPOINT=/v1/ws/voice LIMIT_KIB=0 WAIT=0 VOICE_SERVER=PATH
set -euo pipefail
cd "$(dirname "$0")/.."

sessions=${SESSIONS:-1000} size=${SIZE:-3200} endpoint=${ENDPOINT:-/v1/ws/voice} limit=${LIMIT_KIB:-0}
. scripts/bench-common.sh
ulimit -n "$(ulimit -Hn)"

build_tools loadgen fakeupstream
gateway=$(gateway_binary)
choose_cores
start_upstream

# measure NAME FLAG...
measure() {
  local name=$1
  shift
  start_gateway "$gateway"
  # What the first sessions bring into being for all is not theirs.
  local target=gateway:$gateway_port:$gateway_pid:$endpoint
  hold "$target" 20 --touch
  release
  read -r pss rss < <(memory "$gateway_pid")
  hold "$target" "$sessions" "$@"
  sleep 2
  read -r pss_after rss_after < <(memory "$gateway_pid")
  release
  sleep "${WAIT:-0}"
  read -r pss_gone _ < <(memory "$gateway_pid")
  kill "$gateway_pid"
  awk -v name="$name" -v n="$sessions" -v a="$pss" -v b="$pss_after" -v c="$rss" -v d="$rss_after" -v e="$pss_gone" -v limit="$limit" 'BEGIN {
    per = (b - a) / n
    printf "%-28s %6.1f KiB PSS a session, %6.1f KiB RSS (process: %.1f MiB before, %.1f with %d sessions, %.1f when they were gone)\n",
      name, per, (d - c) / n, a / 1024, b / 1024, n, e / 1024
    exit limit > 0 && per > limit }'
}

RELAY_TOKEN=$(mint_token)
export RELAY_TOKEN
status=0
measure "idle" || status=1
measure "after a message each way" --touch || status=1
exit "$status"
