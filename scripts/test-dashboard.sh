#!/usr/bin/env bash
# The dashboard in headless Chromium under load. Screenshots go to $SCREENSHOTS (default: reports/dashboard).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/telemetry/venv.sh
export SCREENSHOTS=${SCREENSHOTS:-$PWD/reports/dashboard}
mkdir -p "$SCREENSHOTS"
exec timeout 240 "$python" scripts/telemetry/dashboard_run.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}"
