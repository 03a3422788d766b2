#!/usr/bin/env bash
# libFuzzer under AddressSanitizer on everything in the relay that reads what a peer wrote: frames, scanner, events, merge, editor. One core.
# usage: fuzz-relay.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
work=$PWD/.build-fuzz/relay
package=$work/package
mkdir -p "$package/Sources" "$work/corpus" "$work/findings"
for target in VoiceCore VoiceTransport; do ln -sfn "$PWD/Sources/$target" "$package/Sources/$target"; done
ln -sfn "$PWD/Tests/VoiceCoreFuzz" "$package/Sources/VoiceCoreFuzz"

# The dependencies as the project's own manifest has them.
dependencies=$(grep -E 'url: .*/(swift-nio|swift-nio-ssl|swift-http-types|swift-log)\.git' Package.swift)
cat >"$package/Package.swift" <<MANIFEST
// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
]
let fuzzed: [SwiftSetting] = settings + [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing", "-parse-as-library"])]
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers"].map { Target.Dependency.product(name: \$0, package: "swift-nio") }
let rest: [Target.Dependency] = [
  .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "HTTPTypes", package: "swift-http-types"),
  .product(name: "Logging", package: "swift-log"),
]
let package = Package(
  name: "fuzz", platforms: [.macOS(.v15)],
  products: [.library(name: "VoiceCoreFuzz", type: .static, targets: ["VoiceCoreFuzz"])],
  dependencies: [
$dependencies
  ],
  targets: [
    .target(name: "VoiceCore", dependencies: nio + rest, resources: [.embedInCode("Resources")], swiftSettings: fuzzed),
    .target(name: "VoiceTransport", dependencies: ["VoiceCore"] + nio + rest, swiftSettings: fuzzed),
    .target(name: "VoiceCoreFuzz", dependencies: ["VoiceCore", "VoiceTransport"] + nio + rest, swiftSettings: fuzzed),
  ], swiftLanguageModes: [.v6])
MANIFEST
echo "building"
swift build -c release --sanitize address --package-path "$package" --scratch-path "$work/build" --product VoiceCoreFuzz -j 2 >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log"; exit 1; }
# Names hold spaces.
mapfile -d '' objects < <(find -L "$work/build/release" -path '*.build/*' -name '*.o' -print0)
swiftc -sanitize=fuzzer,address -o "$work/fuzz" "${objects[@]}" -lstdc++ 2>"$work/link.log" || { tail -n 40 "$work/link.log"; exit 1; }

# What it begins with: events of both sides, a conversation, frames.
python3 - "$work/corpus" <<'SEEDS'
import pathlib, sys
corpus = pathlib.Path(sys.argv[1])
def seed(choice, name, data): corpus.joinpath(f"seed-{choice}-{name}").write_bytes(bytes([choice]) + data)
events = [
  b'{"type":"session.update","session":{"type":"realtime","model":"x","instructions":"a","max_output_tokens":"inf","tools":[],'
  b'"audio":{"input":{"turn_detection":{"type":"server_vad","create_response":true},"transcription":{"model":"m"}}}}}',
  b'{"type":"session.updated","session":{"audio":{"input":{"turn_detection":null}},"expires_at":1e400}}',
  b'{"type":"response.create","event_id":"c","response":{"conversation":"none","instructions":"\\u0041\\ud83d","max_output_tokens":9}}',
  b'{"type":"response.created","response":{"id":"r","conversation_id":null,"metadata":{"a":"b"}}}',
  b'{"type":"response.done","response":{"id":"r","status":"completed","output":[{"id":"f"}],"usage":{"total_tokens":-1}}}',
  b'{"type":"conversation.item.done","previous_item_id":"gw_item_1","item":{"id":"i","type":"message","role":"user","content":[{"type":"input_audio","transcript":"t"}]}}',
  b'{"type":"response.output_item.done","response_id":"r","item":{"id":"f","type":"function_call","name":"t","call_id":"c","arguments":""}}',
  b'{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","content_index":0,"delta":"AAAA"}',
  b'{"type":"error","error":{"code":"invalid_value","param":"session.audio","event_id":"gw_upd_1","message":"\'gw_item_1\'"}}',
  b'{"type":"input_audio_buffer.committed","item_id":"i","previous_item_id":null}', b'{"type":"input_audio_buffer.speech_started","item_id":"i"}',
]
for number, event in enumerate(events):
  for choice in (2, 3, 5): seed(choice, number, event)
  seed(6, number, b'{"type":"session.created","session":{}}\n>' + event + b'\n' + event + b'\n!\n' + event)
seed(4, 0, b'{"audio":{"input":{"a":1}},"b":2}\n{"audio":{"input":{"a":{"c":3}}},"\\u0062":4}')
for choice in (0, 1):
  seed(choice, 0, b'\x81\x85\0\0\0\0hello\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8'); seed(choice, 1, b'\x01\x02hi\x80\x01!\x8a\x00\x82\x7e\x00\x04abcd')
SEEDS

export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=${DETECT_LEAKS:-0}
cd "$work/findings"
# An input of this size that takes longer than five seconds takes more than linear time.
"$work/fuzz" -max_total_time="$seconds" -max_len=16000 -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 "$work/corpus" 2>"$work/fuzz.log" ||
  { tail -n 60 "$work/fuzz.log"; echo "findings in $work/findings"; exit 1; }
grep -E '^Done|^stat::|cov:' "$work/fuzz.log" | tail -n 7
