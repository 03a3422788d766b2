#!/usr/bin/env bash
# The gateway beside other relays, in one interleaved run on one core: nginx and HAProxy, which pass bytes on unread; a relay as one writes it
# with FastAPI, which verifies a token; and LiteLLM's proxy. Each is asked for four figures: CPU a relayed message in a closed loop, CPU and
# added latency with paced speakers, CPU an opening (connect, session.created, close), and memory an idle session. Takes about 8 minutes.
#
# Writes reports/peers.md, reports/peers.json and reports/peers.svg, of the slices in reports/peers. A peer that cannot be installed, or does
# not relay to an upstream on this machine, is left out, and so is latency where other programs had the core; both are said.
#
#   ROUNDS=6 SLICE=3 CONNECTIONS=100 SIZE=3200   closed loop
#   PACE=20 SPEAKERS=50                          messages a second up on each of so many sessions, and as many down
#   OPENINGS=200 SESSIONS=1000                   opened in a slice, four at a time; held idle
#   PEERS="nginx haproxy gateway fastapi litellm"
#   DOCS=1                                       puts table and picture into docs/benchmarks.md
#   VOICE_SERVER=PATH                            a gateway that is built already
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-6} slice=${SLICE:-3} connections=${CONNECTIONS:-100} size=${SIZE:-3200} pace=${PACE:-20} speakers=${SPEAKERS:-50}
openings=${OPENINGS:-200} sessions=${SESSIONS:-1000} peers=${PEERS:-nginx haproxy gateway fastapi litellm}
folder=Benchmarks/RelayBench/Peers
unset PACE  # which has upstream answer every second message; here it answers each
# Pinned: releases of this package have carried malware.
litellm_version=1.99.4
. scripts/bench-common.sh
ulimit -n "$(ulimit -Hn)"
raw=reports/peers
rm -rf "$raw"
mkdir -p "$raw"

build_tools loadgen fakeupstream
gateway=$(gateway_binary)
choose_cores
start_upstream
RELAY_TOKEN=$(mint_token)
RELAY_TOKEN_litellm=sk-of-the-benchmark-and-of-nothing-else
export RELAY_TOKEN RELAY_TOKEN_litellm
load=$(cut -d' ' -f1 /proc/loadavg)

# venv NAME REQUIREMENT...: a folder of its own, of wheels alone.
venv() {
  local venv=.build/$1-venv
  shift
  [ "$(cat "$venv/installed" 2>/dev/null)" = "$*" ] && return
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return 1
  "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: "$@" >&2 || return 1
  echo "$*" >"$venv/installed"
}
versions() {
  ".build/$1-venv/bin/python" -c 'import sys, importlib.metadata as m; print(", ".join(f"{n} {m.version(n)}" for n in sys.argv[1:]))' "${@:2}"
}

start_haproxy() {
  haproxy_port=$(free_port)
  sed "s|@PORT@|$haproxy_port|; s|@UPSTREAM@|$upstream_port|" "$folder/haproxy.cfg.in" >"$scratch/haproxy.cfg"
  start "$relay_core" haproxy.log "$(command -v haproxy || echo /usr/sbin/haproxy)" -db -f "$scratch/haproxy.cfg"
  haproxy_pid=$pid
  wait_for "$haproxy_port" haproxy.log
}

start_fastapi() {
  venv fastapi fastapi uvicorn uvloop httptools websockets PyJWT || return 1
  fastapi_port=$(free_port)
  start "$relay_core" fastapi.log "$PWD/.build/fastapi-venv/bin/python" "$folder/fastapi_relay.py" "$fastapi_port" \
    "ws://127.0.0.1:$upstream_port/v1/realtime" || return 1
  fastapi_pid=$pid
  wait_for "$fastapi_port" fastapi.log 60
}

# With an environment of its own, so that it finds no key, and asks no other server for anything.
start_litellm() {
  venv litellm "litellm[proxy]==$litellm_version" || return 1
  litellm_port=$(free_port)
  sed "s|@UPSTREAM@|$upstream_port|; s|@KEY@|$RELAY_TOKEN_litellm|" "$folder/litellm.yaml.in" >"$scratch/litellm.yaml"
  start "$relay_core" litellm.log env -i PATH="$PATH" HOME="$scratch" LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_MODE=PRODUCTION \
    LITELLM_LOG=ERROR "$PWD/.build/litellm-venv/bin/litellm" --config "$scratch/litellm.yaml" --host 127.0.0.1 --port "$litellm_port" \
    --num_workers 1 --telemetry False || return 1
  litellm_pid=$pid
  wait_for "$litellm_port" litellm.log 180
}

version_of() {
  case $1 in
    nginx) "$(command -v nginx || echo /usr/sbin/nginx)" -v 2>&1 | sed 's|.*nginx/|nginx |; s/ (.*//' ;;
    haproxy) "$(command -v haproxy || echo /usr/sbin/haproxy)" -v | sed -n '1s/HAProxy version \([0-9.]*\).*/HAProxy \1/p' ;;
    gateway) echo "voice-server $("$gateway" --version)" ;;
    fastapi) versions fastapi fastapi uvicorn websockets ;;
    litellm) versions litellm litellm uvicorn websockets ;;
  esac
}

# works TARGET: a trial, with some sessions one after another and some messages.
works() {
  timeout 120 "$(tool loadgen)" --target "$1" --connections 1 --open 3 --rounds 1 &&
    timeout 120 "$(tool loadgen)" --reformats litellm --target "$1" --connections 1 --rounds 1 --slice 1 --size "$size"
}

# leave_out NAME REASON
leave_out() {
  echo "Left out: $1 $2." | tee -a "$raw/left-out" >&2
  tail -n 5 "$scratch/$1.log" 2>/dev/null | sed 's/^/  /' >&2 || true
}

# launch PEER: starts it, and sets `target`.
launch() {
  if [ "$1" = gateway ]; then start_gateway "$gateway"; else "start_$1"; fi || return 1
  local port_of=$1_port pid_of=$1_pid query=
  [ "$1" = litellm ] && query='?model=gpt-realtime-2.1'
  target=$1:${!port_of}:${!pid_of}:/v1/realtime$query
}

names=() targets=()
for peer in $peers; do
  launch "$peer" || {
    leave_out "$peer" "cannot be installed or started"
    continue
  }
  works "$target" >"$scratch/$peer.trial" 2>&1 || {
    cat "$scratch/$peer.trial" >&2
    leave_out "$peer" "does not relay to an upstream on this machine"
    kill "$pid"
    continue
  }
  names+=("$peer") targets+=(--target "$target")
  printf '%s\t%s\n' "$peer" "$(version_of "$peer")" >>"$raw/versions.tsv"
done
[ ${#names[@]} -gt 0 ]

echo "Relays on core $relay_core in turn, load generator on core $load_core, upstream on core $upstream_core (of $(nproc)): ${names[*]}." >&2
# measure NAME FLAG...: the load generator over all of them.
measure() {
  echo "  $1" >&2
  on_core "$load_core" "$(tool loadgen)" --reformats litellm "${@:2}" --size "$size" --rounds "$rounds" --slice "$slice" --core "$relay_core" \
    --upstream-pid "$upstream_pid" >"$raw/$1.tsv"
}
measure closed "${targets[@]}" --connections "$connections"
# The way without a relay, which theirs is compared with.
measure paced --target "direct:$upstream_port:$upstream_pid:/v1/realtime" "${targets[@]}" --connections "$speakers" --pace "$pace"
measure openings "${targets[@]}" --connections 4 --open "$openings"
echo "  memory" >&2
for peer in "${names[@]}"; do
  # A process that has had no load: what it gave back then would be used again.
  pid_of=${peer}_pid
  kill "${!pid_of}"
  launch "$peer"
  hold "$target" 20 --touch --reformats litellm
  release
  read -r before _ < <(memory "${!pid_of}")
  hold "$target" "$sessions"
  sleep 2
  read -r after _ < <(memory "${!pid_of}")
  release
  printf '%s\t%d\t%d\t%d\n' "$peer" "$sessions" "$before" "$after" >>"$raw/memory.tsv"
done

cat >"$raw/run.tsv" <<EOF
cores	$(nproc)
load_before	$load
load_after	$(cut -d' ' -f1 /proc/loadavg)
revision	$([ -n "${VOICE_SERVER:-}" ] && echo "of VOICE_SERVER" || git describe --always --dirty 2>/dev/null || echo unknown)
rounds	$rounds
slice	$slice
connections	$connections
size	$size
pace	$pace
speakers	$speakers
openings	$openings
sessions	$sessions
EOF
python3 "$folder/report.py" "$raw" reports ${DOCS:+docs}
