#!/usr/bin/env bash
# What a flood of junk tokens does to sessions that run: p50 and p99 of a message's way through the gateway and back, in turns without
# and with the flood. Exit 1 when the median p99 with it is more than LIMIT times that without. On a machine that does other things too,
# give the measurement a priority of its own: chrt -r 1 scripts/bench-auth.sh
#
#   LIMIT=2 ROUNDS=6 SLICE=5 SESSIONS=50 INTERVAL=20 SIZE=3200 CONNECTIONS=64
#   VOICE_SERVER=PATH         a gateway that is built already
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-2} rounds=${ROUNDS:-6} slice=${SLICE:-5} sessions=${SESSIONS:-50} interval=${INTERVAL:-20} size=${SIZE:-3200}
connections=${CONNECTIONS:-64}
. scripts/bench-common.sh

build_tools flood fakeupstream
gateway=$(gateway_binary)
case $(nproc) in
  1) relay_core=0 load_core=0 upstream_core=0 ;;
  2) relay_core=0 load_core=1 upstream_core=1 ;;
  3) relay_core=0 load_core=1 upstream_core=2 ;;
  *) relay_core=0,1 load_core=2 upstream_core=3 ;;
esac
start_upstream
start_gateway "$gateway"
token=$(mint_token)

probe() { on_core "$upstream_core" timeout 120 "$(tool flood)" probe "$gateway_port" "$token" "$sessions" "$interval" "$slice" "$size"; }
echo "Gateway on cores $relay_core, flood on core $load_core, sessions and upstream on core $upstream_core (of $(nproc))."
echo "$sessions sessions, a message of $size bytes every $interval ms on each; the flood has $connections connections."
echo
probe >/dev/null
for round in $(seq "$rounds"); do
  echo "quiet $(probe)" >>"$scratch/flood.txt"
  on_core "$load_core" timeout 120 "$(tool flood)" junk "$gateway_port" "$connections" $((slice + 2)) >"$scratch/junk.txt" &
  flood=$!
  started+=("$flood")
  sleep 0.5
  during=$(probe)
  wait "$flood"
  echo "flood $during $(cat "$scratch/junk.txt")" >>"$scratch/flood.txt"
  tail -n 2 "$scratch/flood.txt" | awk -v round="$round" '{
    printf "  round %d  %-6s p50 %.3f ms  p99 %.3f ms  max %.1f ms", round, $1, $2, $3, $4
    if ($1 == "flood") printf "  refused %d/s, turned away %d/s", $7, $8
    printf "\n" }'
done
awk -v limit="$limit" '
  { p99[$1, ++count[$1]] = $3 }
  function median(kind,   i, j, t, n, a) {
    n = count[kind]
    for (i = 1; i <= n; i++) a[i] = p99[kind, i]
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
  }
  END {
    ratio = median("flood") / median("quiet")
    printf "\np99 without %.3f ms, with the flood %.3f ms: %.2f times (limit %s)\n", median("quiet"), median("flood"), ratio, limit
    exit ratio > limit
  }' "$scratch/flood.txt"
