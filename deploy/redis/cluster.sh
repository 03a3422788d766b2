#!/usr/bin/env bash
# Three Redis masters on this machine, to try redis+cluster:// with. usage: cluster.sh [FIRST_PORT]; Ctrl-C ends and forgets them.
set -euo pipefail
first=${1:-7001}
folder=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
nodes=()
for port in "$first" $((first + 1)) $((first + 2)); do
  mkdir "$folder/$port"
  redis-server --port "$port" --bind 127.0.0.1 --cluster-enabled yes --cluster-config-file nodes.conf --dir "$folder/$port" \
    --save '' --appendonly no --daemonize no >"$folder/$port/log" 2>&1 &
  pids+=($!)
  nodes+=("127.0.0.1:$port")
done
for node in "${nodes[@]}"; do
  until redis-cli -p "${node#*:}" ping >/dev/null 2>&1; do sleep 0.1; done
done
redis-cli --cluster create "${nodes[@]}" --cluster-replicas 0 --cluster-yes >/dev/null
echo "REDIS_URL=redis+cluster://$(IFS=,; echo "${nodes[*]}")"
wait
