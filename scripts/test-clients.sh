#!/usr/bin/env bash
# Stock clients from PyPI, by way of the gateway and straight to the simulator: they are to see no difference.
set -euo pipefail
cd "$(dirname "$0")/.."
server=$(swift build --show-bin-path)/voice-server
scratch=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT

venv=.build/clients-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -c 'import openai, websockets' 2>/dev/null || $venv/bin/pip install -q 'openai[realtime]>=2'

listening() { # file, pattern
  for _ in $(seq 100); do
    sed -nE "s/.*$2.*/\1/p" "$1" | grep . && return
    sleep 0.1
  done
  cat "$1" >&2
  return 1
}

"$server" simulate --port 0 >"$scratch/simulator" 2>&1 &
started+=($!)
upstream=$(listening "$scratch/simulator" '(ws:[^ ]+)')

JWT_SECRET=$(openssl rand -hex 32)
export JWT_SECRET
env ENABLE_VOICE_REALTIME=true OPENAI_API_KEY=simulator OPENAI_REALTIME_URL="$upstream" VOICE_MAX_SESSIONS_PER_HOUR=0 PORT=0 LOG_FORMAT=text \
  "$server" run 2>"$scratch/gateway" &
started+=($!)
gateway=$(listening "$scratch/gateway" 'listening on (http:[^ ]+)')

espeak-ng -v en -s 150 -w "$scratch/espeak.wav" "What do you need to know before you can help me?"
python3 scripts/clients/resample.py "$scratch/espeak.wav" "$scratch/speech.wav"

direct=${upstream/ws:/http:}
timeout 180 $venv/bin/python scripts/clients/openai_turns.py --direct "${direct%/realtime}" --direct-key simulator \
  --gateway "$gateway/v1" --gateway-key "$("$server" token --user ada --plan elite)" --wav "$scratch/speech.wav"

# Each event of the simulator by itself, against the types of the client.
timeout 180 $venv/bin/python scripts/clients/strict_events.py "$server"
