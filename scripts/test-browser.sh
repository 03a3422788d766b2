#!/usr/bin/env bash
# A spoken and a typed turn on the demo page, in headless Chromium with a fake microphone fed from a WAV.
# Screenshots go to $SCREENSHOTS (default: a new folder under reports/).
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -x .build/browser-venv/bin/python ] || python3 -m venv .build/browser-venv
.build/browser-venv/bin/python -c 'import websockets' 2>/dev/null || .build/browser-venv/bin/pip install -q websockets
export SCREENSHOTS=${SCREENSHOTS:-$PWD/reports/browser}
mkdir -p "$SCREENSHOTS"
# A second of silence, a sentence, and enough silence for the server to hear the end; Chromium takes 48 kHz mono.
espeak-ng -v en -s 150 -w "$scratch/speech.wav" "What do you need to know before you can help me?"
python3 scripts/browser/pad_wav.py "$scratch/speech.wav" "$scratch/microphone.wav"
timeout 120 .build/browser-venv/bin/python scripts/browser/spoken_turn.py "$(swift build --show-bin-path)/voice-server" "$scratch/microphone.wav" "$scratch"
