#!/usr/bin/env bash
# Sends every kind of Sentry envelope to an ingest that parses strictly and normalises as Sentry does, then to ones that refuse, hang or
# are gone. SENTRY_INGEST names the ingest's script; SECONDS_OF_LOAD how long callers talk (default 5).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
ingest=${SENTRY_INGEST:-}
[ -f "$ingest" ] || { echo "test-sentry.sh: name the script of an ingest in SENTRY_INGEST" >&2; exit 2; }
exec timeout 900 "$python" scripts/telemetry/sentry_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}" "$ingest" "${SECONDS_OF_LOAD:-5}"
