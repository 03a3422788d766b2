#!/usr/bin/env bash
# Traces and metrics over OTLP/HTTP, StatsD, and `traceparent` from a client to upstream and the retriever.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
exec timeout 180 "$python" scripts/telemetry/otlp_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}"
