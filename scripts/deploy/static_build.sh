#!/usr/bin/env bash
# Builds the server of the image: release, with Swift's runtime inside, and as small as it gets with all optimisations for speed.
# usage: static_build.sh SCRATCH_PATH OUT. Unused sections go by SwiftPM's own flags. Exported symbols keep code that nobody calls.
set -euo pipefail
scratch=$1 out=$2
mkdir -p "$scratch"
flags=$("$(dirname "$0")/icu_data.py" "$scratch/icu_data.o")
read -ra flags <<<"--static-swift-stdlib $flags -Xlinker --no-export-dynamic -Xlinker --strip-all"
swift build -c release --product voice-server --scratch-path "$scratch" "${flags[@]}"
install -D -m 0755 "$(swift build -c release --scratch-path "$scratch" --show-bin-path)/voice-server" "$out"
"$out" --version
