#!/usr/bin/env bash
# What context costs in time: spoken questions on a clock of 250 ms a word through a running gateway, with a retriever of 50 to 3,000 ms
# and a model of 558 ms. Three designs: asked at the end, words that come after the commit, and the gateway as it is. Exit 1 when the
# gateway as it is adds more than it should. Takes about 4 minutes.
#
#   TURNS=200             turns a row
#   DESIGNS="ours"        sequential, "old design" and ours where not set
#   VOICE_SERVER=PATH     a gateway that is built already
set -euo pipefail
cd "$(dirname "$0")/.."

package=Benchmarks/RAGBench
swift build --package-path "$package" -c release --product RAGBench >&2
bench=$(swift build --package-path "$package" -c release --show-bin-path)/RAGBench
if [ -z "${VOICE_SERVER:-}" ]; then
  swift build -c release --product voice-server >&2
  VOICE_SERVER=$(swift build -c release --show-bin-path)/voice-server
fi
echo "Waits from committed to response.create, totals from the end of speech to the first audio, in ms ($(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg))."
exec timeout 900 "$bench" "$VOICE_SERVER" "${TURNS:-200}" ${DESIGNS:+"$DESIGNS"}
