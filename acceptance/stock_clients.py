#!/usr/bin/env bash
# Stock clients from PyPI straight at the simulator, through the gateway, through one that answers from documents and through one that
# has a tool of its own: they are to see no difference. usage: test-clients.sh [all], where `all` adds the clients that take long to install.
set -euo pipefail
cd "$(dirname "$0")/.."
server=${VOICE_SERVER:-$(swift build --show-bin-path)/voice-server}
scratch=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT

clients=(openai_python openai_agents)
requirements=(scripts/clients/requirements.txt)
if [ "${1:-}" = all ]; then
  clients+=(livekit_agent pipecat_pipeline)
  requirements+=(scripts/clients/requirements-all.txt)
fi
venv=.build/clients-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
for list in "${requirements[@]}"; do
  installed=$venv/$(basename "$list")
  cmp -s "$list" "$installed" && continue
  $venv/bin/pip install -q --disable-pip-version-check -r "$list" && cp "$list" "$installed"
done

listening() { # file, pattern
  for _ in $(seq 100); do
    sed -nE "s/.*$2.*/\1/p" "$1" | grep . && return
    sleep 0.1
  done
  cat "$1" >&2
  return 1
}

question="When does the harbour office open on Saturdays?"
echo "{\"user\": \"$question\"}" >"$scratch/script.jsonl"
"$server" simulate --port 0 --script "$scratch/script.jsonl" >"$scratch/simulator" 2>&1 &
started+=($!)
upstream=$(listening "$scratch/simulator" '(ws:[^ ]+)')

mkdir "$scratch/documents"
cat >"$scratch/documents/harbour.md" <<'END'
# Harbour office
The harbour office opens on Saturdays from nine to twelve. On weekdays it opens at eight and closes at five.
END
cat >"$scratch/documents/mooring.md" <<'END'
# Mooring
A mooring costs twelve euros a night for boats up to ten metres.
END

python3 scripts/clients/tide_service.py >"$scratch/tides" &
started+=($!)
tides=$(listening "$scratch/tides" '(http:[^ ]+)')
echo "{\"tools\": [{\"name\": \"tide_times\", \"description\": \"When the water is high\", \"url\": \"$tides\"}]}" >"$scratch/tools.json"

JWT_SECRET=$(openssl rand -hex 32)
export JWT_SECRET
gateway() { # name, settings…
  env ENABLE_VOICE_REALTIME=true OPENAI_API_KEY=simulator OPENAI_REALTIME_URL="$upstream" PORT=0 LOG_FORMAT=text \
    VOICE_MAX_SESSIONS_PER_HOUR=0 VOICE_MAX_CONCURRENT_SESSIONS=0 "${@:2}" "$server" run 2>"$scratch/$1" &
  started+=($!)
}
gateway plain
gateway prefetch RAG_DOCUMENTS="$scratch/documents"
gateway tools VOICE_TOOLS_FILE="$scratch/tools.json"
plain=$(listening "$scratch/plain" 'listening on http:([^ ]+)')
prefetch=$(listening "$scratch/prefetch" 'listening on http:([^ ]+)')
tools=$(listening "$scratch/tools" 'listening on http:([^ ]+)')
key=$("$server" token --user ada --plan elite)

espeak-ng -v en -s 150 -w "$scratch/espeak.wav" "$question"
python3 scripts/clients/resample.py "$scratch/espeak.wav" "$scratch/speech.wav"
# Side by side: most of the time is speech.
tests=()
for client in "${clients[@]}"; do
  timeout 180 $venv/bin/python scripts/clients/compare.py "$client" --wav "$scratch/speech.wav" \
    --server direct "$upstream" simulator --server gateway "ws:$plain/v1/realtime" "$key" \
    --server prefetch "ws:$prefetch/v1/realtime" "$key" --documents prefetch \
    --server tools "ws:$tools/v1/realtime" "$key" --tools tools >"$scratch/$client.log" 2>&1 &
  tests+=("$client $!")
done
# Each event of the simulator by itself, against the types of openai-python.
timeout 180 $venv/bin/python scripts/clients/strict_events.py "$server" >"$scratch/strict_events.log" 2>&1 &
tests+=("strict_events $!")

failed=()
for test in "${tests[@]}"; do
  wait "${test#* }" || failed+=("${test% *}")
  cat "$scratch/${test% *}.log"
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" && exit 1; }
