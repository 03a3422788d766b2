#!/bin/bash
# Runs the Autobahn|Testsuite against this package's WebSocket layer, as server and as client, and prints one line for each.
# Exit status 0 only when no case failed and none closed with a wrong code.
#
#   AUTOBAHN_DIR      an installed testsuite (a folder with `wstest`); default .build/autobahn, set up when it is not there
#   AUTOBAHN_CASES    default: all but 12.* and 13.* (permessage-deflate, which is declined)
set -euo pipefail
cd "$(dirname "$0")/.."

directory=${AUTOBAHN_DIR:-$PWD/.build/autobahn}
cases=${AUTOBAHN_CASES:-*}
if [ ! -x "$directory/wstest" ]; then
  echo "installing the Autobahn|Testsuite into $directory" >&2
  scripts/autobahn-setup.sh "$directory" >&2
fi

swift build -c release --product AutobahnServer >&2
swift build -c release --product AutobahnClient >&2
binaries=$(swift build -c release --show-bin-path)

work=$(mktemp -d)
peers=()
finish() {
  for peer in "${peers[@]}"; do kill "$peer" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
await_port() { # port
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "nothing listens on port $1" >&2
  return 1
}
settings='"cases": ["'$cases'"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}'

server_port=$(free_port)
timeout 900 "$binaries/AutobahnServer" "$server_port" >"$work/server.log" &
peers+=($!)
await_port "$server_port"
echo "{\"outdir\": \"$work/server\", \"servers\": [{\"agent\": \"voice\", \"url\": \"ws://127.0.0.1:$server_port\"}], $settings}" >"$work/client.json"
timeout 900 "$directory/wstest" -m fuzzingclient -s "$work/client.json" >"$work/fuzzingclient.log" 2>&1 ||
  { tail -20 "$work/fuzzingclient.log" >&2; exit 1; }

client_port=$(free_port)
echo "{\"outdir\": \"$work/client\", \"url\": \"ws://127.0.0.1:$client_port\", $settings}" >"$work/server.json"
timeout 900 "$directory/wstest" -m fuzzingserver -s "$work/server.json" >"$work/fuzzingserver.log" 2>&1 &
peers+=($!)
await_port "$client_port"
timeout 900 "$binaries/AutobahnClient" "$client_port" >"$work/client.log" ||
  { tail -20 "$work/fuzzingserver.log" "$work/client.log" >&2; exit 1; }

status=0
for side in server client; do python3 scripts/autobahn-verdict.py "$side" "$work/$side/index.json" || status=1; done
exit $status
