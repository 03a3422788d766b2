#!/usr/bin/env bash
# Answers a second of the Redis client over one connection beside `redis-benchmark -P 16` over one connection, in turn in one run on
# one server: GET, SET (100 bytes) and the limiter's script. Then what a check of the limiter costs in round trips. Exit 1 when a ratio
# is below LIMIT, or a check takes more than 1.2 round trips.
#
#   LIMIT=0.5 ROUNDS=5 SECONDS_EACH=2
set -euo pipefail
cd "$(dirname "$0")/.."
limit=${LIMIT:-0.5} rounds=${ROUNDS:-5} each=${SECONDS_EACH:-2}

build=(swift build --package-path Benchmarks/StoreBench --scratch-path .build-packages -c release)
"${build[@]}" --product storebench >&2
bench="$("${build[@]}" --show-bin-path)/storebench"
folder=$(mktemp -d)
read -r port slow_port < <(python3 -c 'import socket
a, b = (socket.create_server(("127.0.0.1", 0)) for _ in "ab")
print(a.getsockname()[1], b.getsockname()[1])')
timeout 900 redis-server --port "$port" --bind 127.0.0.1 --save "" --dir "$folder" >"$folder/log" &
started=($!)
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.05; done

# The limiter's script, as the client names it.
timeout 5 redis-cli -p "$port" monitor >"$folder/monitor" &
sleep 0.5
"$bench" "$port" limiter 1 0.1 >/dev/null
sleep 0.5
script=$(grep -io '"evalsha" "[0-9a-f]*"' "$folder/monitor" | tail -n 1 | grep -o '[0-9a-f]\{40\}')
[ -n "$script" ]

theirs() { # what, answers
  local command=(-t "$1")
  [ "$1" = limiter ] && command=(evalsha "$script" 1 'voice:limit:{user-__rand_int__}' 5 3600000 'session-__rand_int__')
  local keys=100000
  [ "$1" = limiter ] && keys=1000
  redis-benchmark -p "$port" -c 1 -P 16 -n "$2" -r "$keys" -d 100 --csv "${command[@]}" | tail -n 1 | sed 's/.*",*"\([0-9.]*\)","[0-9.]*","[0-9.]*","[0-9.]*","[0-9.]*","[0-9.]*","[0-9.]*"$/\1/'
}

echo "Answers a second over one connection, $rounds rounds in turn, $(nproc) cores; the load beside: $(cut -d' ' -f1-3 /proc/loadavg)"
for round in $(seq "$rounds"); do
  for what in get set limiter; do
    answers=$((each * 150000))
    [ "$what" = limiter ] && answers=$((each * 40000))
    {
      echo "$what theirs $(theirs "$what" "$answers")"
      echo "$what loop16 $("$bench" "$port" "$what" 16 "$each" | cut -d' ' -f1)"
      echo "$what loop64 $("$bench" "$port" "$what" 64 "$each" | cut -d' ' -f1)"
      echo "$what pool256 $("$bench" "$port" "$what" 256 "$each" elsewhere | cut -d' ' -f1)"
    } >>"$folder/figures"
  done
done
python3 - "$folder/figures" "$limit" <<'PYTHON'
import collections, statistics, sys
figures = collections.defaultdict(list)
for line in open(sys.argv[1]):
    what, who, figure = line.split()
    figures[what, who].append(float(figure))
names = {"loop16": "16 callers on its event loop", "loop64": "64 callers on its event loop", "pool256": "256 callers on any thread"}
bad = False
for what in ("get", "set", "limiter"):
    theirs = figures[what, "theirs"]
    print(f"{what}: redis-benchmark {statistics.median(theirs):,.0f}")
    best = 0
    for who, name in names.items():
        ratio = statistics.median(ours / their for ours, their in zip(figures[what, who], theirs))
        best = max(best, ratio)
        print(f"  {name:30} {statistics.median(figures[what, who]):10,.0f}   ratio {ratio:.2f}")
    bad |= best < float(sys.argv[2])
sys.exit(bad)
PYTHON

# 5 ms each way, so that a round trip is what a check costs.
python3 - "$slow_port" "$port" <<'PYTHON' &
import asyncio, sys
async def pump(reader, writer):
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(0.005, writer.write, data)
async def serve(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await asyncio.wait_for(server.serve_forever(), 60)
asyncio.run(main())
PYTHON
started+=($!)
until redis-cli -p "$slow_port" ping >/dev/null 2>&1; do sleep 0.05; done
redis-cli -p "$port" script flush >/dev/null
redis-cli -p "$port" config resetstat >/dev/null
read -r answers check < <("$bench" "$slow_port" limiter 1 3)
commands=$(redis-cli -p "$port" info commandstats | tr -d '\r' | sed -n 's/cmdstat_eval\(sha\)\?:calls=\([0-9]*\),.*/\2/p' | awk '{ sum += $1 } END { print sum }')
checks=$((answers * 3))
read -r _ ping < <("$bench" "$slow_port" ping 1 3)
awk -v commands="$commands" -v checks="$checks" -v check="$check" -v ping="$ping" 'BEGIN {
  printf "a check of the limiter: %d commands for %d checks; %.2f round trips by the clock (%.1f ms, PING %.1f ms)\n",
    commands, checks, check / ping, check / 1000, ping / 1000
  exit check / ping > 1.2
}'
