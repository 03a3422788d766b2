#!/usr/bin/env bash
# `/metrics` under load, judged by prometheus_client, promtool and a real Prometheus (Debian package prometheus).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
exec timeout 180 "$python" scripts/telemetry/metrics_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}" deploy/prometheus/voice-alerts.yml deploy/grafana/voice-realtime.json
