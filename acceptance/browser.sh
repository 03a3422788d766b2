#!/usr/bin/env bash
# The demo page and the React example in headless Chromium and Firefox: a spoken turn, a barge-in, a network that drops, a typed
# question, a refusal; with React 18 and 19, in strict mode. usage: browser.sh [chromium] [firefox]
# QUICK=1 drives the hook alone: React 19 in Chromium, React 18 in Firefox. Screenshots go to $SCREENSHOTS (default: reports/browser).
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
pulse=
trap '[ -z "$pulse" ] || kill $pulse; rm -rf "$scratch"' EXIT
venv=.build/browser-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -c 'import websockets' 2>/dev/null || $venv/bin/python -m pip install -q websockets
$venv/bin/python -c 'import axe_playwright_python' 2>/dev/null || $venv/bin/python -m pip install -q --no-deps axe-playwright-python
export SCREENSHOTS=${SCREENSHOTS:-$PWD/reports/browser}
mkdir -p "$SCREENSHOTS"
# Debian has React 18; a build of 19 for browsers stands in this package.
[ -n "$(compgen -G "$venv/lib/python3*/site-packages/dash/deps/react@19*.js")" ] || $venv/bin/python -m pip install -q --no-deps dash==4.5.0rc2
cp $venv/lib/python3*/site-packages/axe_playwright_python/axe.min.js "$scratch/"

browsers=("$@")
[ $# -gt 0 ] || browsers=(chromium firefox)
# A sentence, for both; and with a second of silence before it and enough behind it, for Chromium's own microphone: 48 kHz mono.
espeak-ng -v en -s 150 -w "$scratch/speech.wav" "What do you need to know before you can help me?"
python3 acceptance/browser/pad_wav.py "$scratch/speech.wav" "$scratch/microphone.wav"
acceptance/browser/compile-react.sh "$scratch/app" /usr/share/nodejs/react/umd/react.development.js /usr/share/nodejs/react-dom/umd/react-dom.development.js
deps=$(echo $venv/lib/python3*/site-packages/dash/deps)
acceptance/browser/compile-react.sh "$scratch/app19" "$(ls $deps/react@19*[0-9].js)" "$(ls $deps/react-dom@19*[0-9].js)"
cp "$scratch/speech.wav" "$scratch/app/"
# Firefox runs no audio at all where there is no device: this one plays into the void.
if [[ " ${browsers[*]} " == *" firefox "* ]]; then
  export XDG_RUNTIME_DIR=$scratch/pulse PULSE_STATE_PATH=$scratch/pulse PULSE_SERVER=unix:$scratch/pulse/socket
  mkdir -p "$XDG_RUNTIME_DIR"
  pulseaudio -n --daemonize=no --exit-idle-time=-1 --load="module-null-sink" --load="module-native-protocol-unix socket=$scratch/pulse/socket auth-anonymous=1" \
    >"$scratch/pulse.log" 2>&1 &
  pulse=$!
  for _ in {1..50}; do [ -S "$scratch/pulse/socket" ] && break; sleep 0.1; done
fi
timeout 600 $venv/bin/python acceptance/browser.py "${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}" "$scratch" "${browsers[@]}"
