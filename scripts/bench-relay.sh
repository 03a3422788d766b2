#!/usr/bin/env bash
# CPU a relayed message of the gateway beside nginx, from one interleaved run on one core. A message is one crossing of the relay
# in one direction. Exit 1 when the gateway costs more than LIMIT times what nginx does, or its core was not the bottleneck.
#
#   LIMIT=1.8 ROUNDS=6 SLICE=3 CONNECTIONS=200 SIZE=3200
#   PACE=20                   as speakers do: so many messages a second up on each connection, half as many down (CONNECTIONS=100)
#   BASE=PATH                 another build of the gateway, put into the run
#   PEERS="pump microrelay"   further relays to put into the run: NIO passing bytes, and VoiceTransport with nothing between its legs
#   VOICE_SERVER=PATH         a gateway that is built already
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-1.8} rounds=${ROUNDS:-6} slice=${SLICE:-3} connections=${CONNECTIONS:-200} size=${SIZE:-3200}
endpoint=/v1/realtime peers=${PEERS:-}
. scripts/bench-common.sh

build_tools loadgen fakeupstream $peers
gateway=$(gateway_binary)
choose_cores
start_upstream

targets=()
add() { targets+=(--target "$1:$2:$3:$4"); }

start_nginx
add nginx "$nginx_port" "$nginx_pid" "$endpoint"
start_gateway "$gateway"
add gateway "$gateway_port" "$gateway_pid" "$endpoint"
# The same process, with the gateway's own events.
add voice "$gateway_port" "$gateway_pid" /v1/ws/voice
if [ -n "${BASE:-}" ]; then
  start_gateway "$BASE" base
  add base "$gateway_port" "$gateway_pid" "$endpoint"
fi
for peer in $peers; do
  start_peer "$peer"
  add "$peer" "$peer_port" "$peer_pid" "$endpoint"
done

echo "Relays on core $relay_core in turn, load generator on core $load_core, upstream on core $upstream_core (of $(nproc))."
[ "$load_core" = "$upstream_core" ] && echo "Too few cores to keep them all apart: take the figures with care."
if [ -n "${PACE:-}" ]; then
  echo "$connections connections, $PACE messages of $size bytes a second up on each, half as many down; $rounds rounds of slices of $slice s."
else
  echo "$connections connections, one message of $size bytes in flight on each; $rounds rounds of slices of $slice s."
fi
echo
RELAY_TOKEN=$(mint_token) on_core "$load_core" "$(tool loadgen)" "${targets[@]}" --connections "$connections" --size "$size" \
  --rounds "$rounds" --slice "$slice" --core "$relay_core" --upstream-pid "$upstream_pid" ${SPIN:+--spin} ${PACE:+--pace "$PACE"} | tee "$scratch/slices.tsv" |
  awk -F'\t' 'NR > 1 { printf "  round %d  %-10s %6.2f us a message  %7d messages/s\n", $1, $2, $6, $5; fflush() }'
echo
awk -F'\t' -v limit="$limit" -v paced="${PACE:+1}" -v shared="$([ "$load_core" = "$relay_core" ] && echo 1 || echo 0)" \
  -f Benchmarks/RelayBench/report.awk "$scratch/slices.tsv"
