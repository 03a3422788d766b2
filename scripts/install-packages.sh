#!/usr/bin/env bash
# Installs and lists the missing Debian packages of make targets. usage: install-packages.sh [TARGET…], `build` unless told otherwise
set -euo pipefail

libraries=(libhiredis-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libstemmer-dev)
packages=()
for target in "${@:-build}"; do
  case $target in
    build | demo) packages+=("${libraries[@]}") ;;
    lint) packages+=(python3 hunspell hunspell-fr) ;;
    image-chroot) packages+=("${libraries[@]}" mmdebstrap binutils openssl python3) ;;
    check-deploy) packages+=("${libraries[@]}" nginx-light haproxy caddy prometheus redis-server redis-tools systemd openssl python3 python3-venv) ;;
    test | test-faults) packages+=("${libraries[@]}" redis-server openssl) ;;
    test-instances | bench-store) packages+=("${libraries[@]}" redis-server redis-tools python3) ;;
    ci) packages+=("${libraries[@]}" redis-server redis-tools openssl python3 python3-venv espeak-ng hunspell hunspell-fr nginx-light haproxy caddy prometheus systemd nodejs node-typescript node-react node-react-dom chromium firefox-esr pulseaudio valgrind mmdebstrap binutils) ;;
    test-web) packages+=(nodejs node-typescript node-react node-react-dom python3) ;;
    test-browser) packages+=("${libraries[@]}" chromium firefox-esr pulseaudio espeak-ng nodejs node-typescript node-react node-react-dom python3 python3-venv) ;;
    man) packages+=("${libraries[@]}" python3) ;;
    test-telemetry) packages+=("${libraries[@]}" chromium prometheus python3 python3-venv redis-server redis-tools) ;;
    bench-retrieval) packages+=("${libraries[@]}" python3 python3-venv) ;;
    test-retrievers) packages+=("${libraries[@]}" python3 python3-venv) ;;
    test-clients) packages+=("${libraries[@]}" espeak-ng openssl python3 python3-venv) ;;
    test-examples) packages+=("${libraries[@]}" redis-server python3 python3-venv) ;;
    bench-relay) packages+=("${libraries[@]}" nginx-light) ;;
    chaos | soak | smoke | attack) packages+=("${libraries[@]}" redis-server redis-tools python3) ;;
    fleet) packages+=("${libraries[@]}" redis-server redis-tools haproxy iproute2 python3) ;;
    bench-peers) packages+=("${libraries[@]}" nginx-light haproxy python3 python3-venv) ;;
    instructions) packages+=("${libraries[@]}" valgrind binutils python3) ;;
    autobahn) packages+=("${libraries[@]}" python3 gcc) ;;
    *)
      echo "install-packages.sh: no target named $target" >&2
      exit 2
      ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "These Debian packages, or your system's like them, are missing: ${missing[*]}" >&2
  exit 1
fi
run=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Run this as root, since sudo is missing: apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
  run=(sudo)
fi
echo "Installing Debian packages${run:+ through sudo}: ${missing[*]}"
install() { "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
# A machine's lists may be old or missing: only then they are fetched.
install 2>/dev/null || { "${run[@]}" apt-get update -qq && install; }
