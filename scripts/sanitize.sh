#!/usr/bin/env bash
# AddressSanitizer on the libraries and the server: all tests, then the server from outside by a smoke run, strangers and a chaotic
# network. usage: sanitize.sh [tests|server]     both unless told otherwise
# The thread sanitizer runs in CI. Swift has no UndefinedBehaviorSanitizer on Linux: debug builds trap on overflow and out-of-bounds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/flags.sh
parts=("$@")
[ $# -gt 0 ] || parts=(tests server)
flags+=(--sanitize=address --scratch-path .build-asan)
# What Swift's runtime keeps to the end of the process is no leak.
export ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no
for part in "${parts[@]}"; do
  case $part in
    tests) swift test "${flags[@]}" --no-parallel ;;
    server)
      swift build "${flags[@]}" --product voice-server
      server=$(swift build "${flags[@]}" --show-bin-path)/voice-server
      VOICE_SERVER=$server acceptance/smoke.py
      # An instrumented server is several times as slow: fewer sessions, and no limit on how soon /livez answers.
      acceptance/stranger.py "$server" --minutes 1 --sessions 10 --strangers 2 --livez-ms 5000
      acceptance/chaos.py "$server" --minutes 2 --sessions 20
      ;;
    *) echo "sanitize.sh: no part '$part'; tests or server" >&2; exit 64 ;;
  esac
done
