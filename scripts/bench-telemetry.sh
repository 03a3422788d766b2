#!/usr/bin/env bash
# CPU a relayed message with Sentry, OpenTelemetry and StatsD on, beside the same gateway with none of them, from one interleaved run on
# one core. Exit 1 when they cost more than LIMIT.
#
#   LIMIT=1.05 ROUNDS=8 SLICE=3 CONNECTIONS=200 SIZE=3200
#   VOICE_SERVER=PATH   a gateway that is built already
#   TOOLS=FOLDER        a load generator and an upstream that are built already
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-1.05} rounds=${ROUNDS:-8} slice=${SLICE:-3} connections=${CONNECTIONS:-200} size=${SIZE:-3200}
. scripts/bench-common.sh
if [ -n "${TOOLS:-}" ]; then tools=$TOOLS; else build_tools loadgen fakeupstream; fi
binary=$(gateway_binary)
unset VOICE_SERVER
choose_cores
start_upstream

# Takes what is posted to it.
sink_port=$(free_port)
start "$load_core" sink.log python3 -c '
import http.server, sys
class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink).serve_forever()' "$sink_port"
wait_for "$sink_port" sink.log

targets=()
add() { targets+=(--target "$1:$gateway_port:$gateway_pid:/v1/realtime"); }
start_gateway "$binary"
add off
export SENTRY_DSN="http://0123456789abcdef0123456789abcdef@127.0.0.1:$sink_port/1" SENTRY_TRACES_SAMPLE_RATE=1
export OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$sink_port" DATADOG_AGENT_HOST=127.0.0.1
start_gateway "$binary"
add on

RELAY_TOKEN=$(mint_token) on_core "$load_core" "$(tool loadgen)" "${targets[@]}" --connections "$connections" --size "$size" \
  --rounds "$rounds" --slice "$slice" --core "$relay_core" --upstream-pid "$upstream_pid" | tee "$scratch/slices.tsv" |
  awk -F'\t' 'NR > 1 { printf "  round %d  %-4s %6.2f us a message  %7d messages/s\n", $1, $2, $6, $5; fflush() }'
# Round by round, so that what disturbs both cancels out.
awk -F'\t' -v limit="$limit" '
NR > 1 { us[$2, ++n[$2]] = $6 }
END {
  for (i = 1; i <= n["on"]; i++) ratios[i] = us["on", i] / us["off", i]
  for (i = 2; i <= n["on"]; i++)
    for (j = i; j > 1 && ratios[j - 1] > ratios[j]; j--) { swap = ratios[j]; ratios[j] = ratios[j - 1]; ratios[j - 1] = swap }
  middle = n["on"] % 2 ? ratios[(n["on"] + 1) / 2] : (ratios[n["on"] / 2] + ratios[n["on"] / 2 + 1]) / 2
  printf "on / off: %.3f (limit %.2f; rounds from %.3f to %.3f)\n", middle, limit, ratios[1], ratios[n["on"]]
  exit middle > limit
}' "$scratch/slices.tsv"
