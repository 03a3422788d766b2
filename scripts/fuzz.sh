#!/usr/bin/env bash
# libFuzzer under AddressSanitizer on what reads a stranger's bytes. One core.
# usage: fuzz.sh [auth|transport|relay] [seconds]     all three, ten minutes each, unless told otherwise
#   auth       tokens, keys, key sets, requests and flags: VoiceAuth
#   transport  bytes to a whole server pipeline and to a whole client pipeline: VoiceTransport
#   relay      frames, scanner, events, merge and editor, conversations: VoiceCore
# What was learned stays in .build-fuzz/corpus, what was found in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
targets=(auth transport relay)
case ${1:-} in auth | transport | relay) targets=("$1"); shift ;; esac
seconds=${1:-${FUZZ_SECONDS:-600}}
work=$PWD/.build-fuzz
declare -A modules=([auth]=VoiceAuth [transport]=VoiceTransport [relay]=VoiceCore)
declare -A longest=([auth]=9000 [transport]=9000 [relay]=16000)
mkdir -p "$work/findings"

echo "building"
from=$SECONDS
# A debug build takes half as long, checks what the optimizer removes, and runs fewer inputs a second.
build=(swift build -c "${FUZZ_CONFIGURATION:-release}" --sanitize address --scratch-path "$work" -Xcxx -g0)
export VOICE_PACKAGE_PART=fuzz
for target in "${targets[@]}"; do
  "${build[@]}" --target "${modules[$target]}Fuzz" >"$work/build.log" 2>&1 || { grep -n 'error:' "$work/build.log" || tail -n 40 "$work/build.log"; exit 1; }
done
built=$("${build[@]}" --show-bin-path)
for target in "${targets[@]}"; do
  # Names hold spaces.
  mapfile -d '' objects < <(find "$built" -path '*.build/*' -name '*.o' -not -path '*Fuzz.build/*' -print0)
  mapfile -d '' -O "${#objects[@]}" objects < <(find "$built/${modules[$target]}Fuzz.build" -name '*.o' -print0)
  swiftc -sanitize=fuzzer,address -o "$work/fuzz-$target" "${objects[@]}" -lcrypto -lstdc++ 2>"$work/link.log" || { tail -n 40 "$work/link.log"; exit 1; }
done
echo "built in $((SECONDS - from)) s"

# An input that takes longer than this takes more than linear time, also where other processes hold the processors.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=${DETECT_LEAKS:-1}
for target in "${targets[@]}"; do
  mkdir -p "$work/corpus/$target"
  scripts/fuzz-seeds.py "$target" "$work/corpus/$target"
  echo "$target: $(find "$work/corpus/$target" -type f | wc -l) inputs to begin with, $seconds s"
  log=$work/fuzz-$target.log
  (cd "$work/findings" && "$work/fuzz-$target" -max_total_time="$seconds" -max_len="${longest[$target]}" -timeout=25 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$target-" "$work/corpus/$target" 2>"$log") ||
    { tail -n 60 "$log"; echo "$target: findings in $work/findings; again with .build-fuzz/fuzz-$target FILE"; exit 1; }
  grep -E '^Done|cov:' "$log" | tail -n 2
done
