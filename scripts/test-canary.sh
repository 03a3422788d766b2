#!/usr/bin/env bash
# Two gateways on one Redis with all telemetry on: the cluster's figures, and nothing private in any of it. SENTRY_INGEST as for
# test-sentry.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
ingest=${SENTRY_INGEST:-}
[ -f "$ingest" ] || { echo "test-canary.sh: name the script of an ingest in SENTRY_INGEST" >&2; exit 2; }
exec timeout 180 "$python" scripts/telemetry/canary_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}" "$ingest"
