# What bench-relay.sh, bench-memory.sh, bench-peers.sh and bench-auth.sh share: sourced, from the root of the repository. All it starts ends
# with the script, and after 15 minutes in any case.

package=Benchmarks/RelayBench
scratch=$(mktemp -d)
started=()
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# Standard output carries the figures alone.
build_tools() {
  local name
  for name in "$@"; do swift build --package-path "$package" -c release --product "$name" >&2; done
  tools=$(swift build --package-path "$package" -c release --show-bin-path)
}
tool() { echo "$tools/$1"; }

gateway_binary() {
  if [ -n "${VOICE_SERVER:-}" ]; then
    echo "$VOICE_SERVER"
  else
    swift build -c release --product voice-server >&2
    echo "$(swift build -c release --show-bin-path)/voice-server"
  fi
}

# The first cores are left to the rest of the machine as long as there are enough.
choose_cores() {
  case $(nproc) in
    1) relay_core=0 load_core=0 upstream_core=0 ;;
    2) relay_core=0 load_core=1 upstream_core=1 ;;
    3) relay_core=0 load_core=1 upstream_core=2 ;;
    *) relay_core=1 load_core=2 upstream_core=3 ;;
  esac
}
on_core() { taskset -c "$@"; }

free_port() { "$(tool fakeupstream)" --free-port; }

# start CORE LOG COMMAND...: sets `pid`. exec'ed, so that the process is the command itself.
start() {
  local core=$1 log=$2
  shift 2
  timeout 900 taskset -c "$core" "$@" >"$scratch/$log" 2>&1 &
  local outer=$!
  started+=("$outer")
  for _ in $(seq 100); do
    pid=$(pgrep -P "$outer" || true)
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != taskset ] && return
    kill -0 "$outer" 2>/dev/null || break
    sleep 0.05
  done
  echo "$1 did not start:" >&2
  cat "$scratch/$log" >&2
  return 1
}

# wait_for PORT LOG [SECONDS]
wait_for() {
  for _ in $(seq $((${3:-10} * 20))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.05
  done
  echo "nothing listens on port $1:" >&2
  cat "$scratch/$2" >&2
  return 1
}

start_upstream() {
  upstream_port=$(free_port)
  start "$upstream_core" upstream.log "$(tool fakeupstream)" --port "$upstream_port" --size "${size:-3200}" ${SPIN:+--spin} ${PACE:+--answer-every 2}
  upstream_pid=$pid
  wait_for "$upstream_port" upstream.log
}

start_nginx() {
  nginx_port=$(free_port)
  sed "s|@DIR@|$scratch|; s|@PORT@|$nginx_port|; s|@UPSTREAM@|$upstream_port|" "$package/nginx.conf.in" >"$scratch/nginx.conf"
  start "$relay_core" nginx.log "$(command -v nginx || echo /usr/sbin/nginx)" -p "$scratch" -c "$scratch/nginx.conf"
  nginx_pid=$pid
  wait_for "$nginx_port" nginx.log
}

export JWT_SECRET=a-secret-of-the-benchmark-and-of-nothing-else

# start_gateway BINARY [NAME]: limits off, one event loop; everything else as it is delivered.
start_gateway() {
  gateway=$1
  local log="${2:-gateway}.log"
  gateway_port=$(free_port)
  start "$relay_core" "$log" env VOICE_EVENT_LOOPS=1 NIO_SINGLETON_GROUP_LOOP_COUNT=1 ENABLE_VOICE_REALTIME=true PORT="$gateway_port" \
    OPENAI_API_KEY=none OPENAI_REALTIME_URL="ws://127.0.0.1:$upstream_port/v1/realtime" VOICE_ALLOWED_PLANS= \
    VOICE_MAX_SESSIONS_PER_HOUR=0 VOICE_MAX_CONCURRENT_SESSIONS=0 VOICE_MAX_CONNECTIONS_PER_IP=100000 \
    VOICE_MAX_SESSION_SECONDS=86400 VOICE_IDLE_TIMEOUT_SECONDS=0 VOICE_CLIENT_AUDIO_SPEED=0 "$gateway" run
  gateway_pid=$pid
  wait_for "$gateway_port" "$log"
}

start_peer() {
  peer_port=$(free_port)
  start "$relay_core" "$1.log" "$(tool "$1")" "$peer_port" "$upstream_port"
  peer_pid=$pid
  wait_for "$peer_port" "$1.log"
}

mint_token() { "$gateway" token --user bench; }

# Memory of a process in KiB: proportional set size, resident set size.
memory() { awk '/^Pss:/ { pss = $2 } /^Rss:/ { rss = $2 } END { print pss, rss }' "/proc/$1/smaps_rollup"; }

# hold TARGET COUNT FLAG...: opens sessions at NAME:PORT:PID:PATH and sets `holder` once they are open. RELAY_TOKEN is the caller's to set.
hold() {
  local target=$1 count=$2
  shift 2
  rm -f "$scratch/hold"
  "$(tool loadgen)" "$@" --target "$target" --connections "$count" --size "$size" --hold 60 >"$scratch/hold" &
  holder=$!
  started+=("$holder")
  for _ in $(seq 1200); do
    grep -qs open "$scratch/hold" && return
    kill -0 "$holder" 2>/dev/null || exit 1
    sleep 0.05
  done
  exit 1
}
release() {
  kill "$holder" && wait "$holder" 2>/dev/null || true
  sleep 1
}
