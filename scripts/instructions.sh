#!/usr/bin/env bash
# Instructions of single operations, counted by valgrind: no clock is read, so a busy machine counts as a quiet one does. Each operation is
# done by a process of its own, a few times and many times; the difference is divided, so that start-up is not in it. Exit 1 when one takes
# more than its limit in Benchmarks/InstructionBench/thresholds.json; those are of x86-64 with AVX2, elsewhere the table is printed alone.
#
#   ONLY="relay-up open-session"   some of the operations
#   TOP=15                         the functions in which the most instructions are, for each; INCLUSIVE=1 counts what they call, too
#   WRITE=1                        puts what was counted into thresholds.json, with a limit MARGIN (8) % above
#   BENCH=PATH                     an InstructionBench that is built already
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${BENCH:-}" ]; then
  build=(swift build -c release --package-path Benchmarks/InstructionBench --scratch-path .build-packages)
  "${build[@]}" --product InstructionBench >&2
  BENCH="$("${build[@]}" --show-bin-path)/InstructionBench"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# valgrind does not read the newest debug information; functions have their names without it.
strip --strip-debug -o "$scratch/InstructionBench" "$BENCH"
python3 Benchmarks/InstructionBench/count.py "$scratch/InstructionBench"
