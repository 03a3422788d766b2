#!/usr/bin/env bash
# Whether sessions notice what becomes of their envelopes: durations, client reports and memory. SENTRY_INGEST as for test-sentry.sh;
# ROUNDS (default 30) sessions for each state of ingest.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
ingest=${SENTRY_INGEST:-}
[ -f "$ingest" ] || { echo "test-sentry-cost.sh: name the script of an ingest in SENTRY_INGEST" >&2; exit 2; }
exec timeout 1800 "$python" scripts/telemetry/sentry_cost_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}" "$ingest" "${ROUNDS:-30}"
