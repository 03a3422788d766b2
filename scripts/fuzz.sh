#!/usr/bin/env bash
# libFuzzer under AddressSanitizer on what reads a stranger's bytes. One core a target.
# usage: fuzz.sh auth|transport [seconds]
#   auth       tokens, keys, key sets, requests and flags: VoiceAuth
#   transport  bytes to a whole server pipeline and to a whole client pipeline: VoiceTransport
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?auth or transport}
seconds=${2:-${FUZZ_SECONDS:-600}}
case $target in
  auth) module=VoiceAuth modules=(VoiceCore VoiceAuth COpenSSL) libraries=(-lcrypto) nio=(NIOCore NIOConcurrencyHelpers) ;;
  transport)
    module=VoiceTransport modules=(VoiceCore VoiceTransport) libraries=(-lstdc++)
    nio=(NIOCore NIOConcurrencyHelpers NIOPosix NIOHTTP1 NIOEmbedded) ;;
  *) echo "fuzz.sh: auth or transport" >&2; exit 64 ;;
esac
work=$PWD/.build-fuzz/$target
package=$work/package
mkdir -p "$package/Sources" "$work/corpus" "$work/findings"
for name in "${modules[@]}"; do ln -sfn "$PWD/Sources/$name" "$package/Sources/$name"; done
ln -sfn "$PWD/Tests/${module}Fuzz" "$package/Sources/${module}Fuzz"

# The dependencies as the project's own manifest has them.
dependencies=$(grep -E 'url: .*/(swift-nio|swift-http-types|swift-log|swift-service-lifecycle|swift-nio-ssl)\.git' Package.swift)
cat >"$package/Package.swift" <<MANIFEST
// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
]
let fuzzed: [SwiftSetting] = settings + [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing", "-parse-as-library"])]
let nio = "${nio[*]}".split(separator: " ").map { Target.Dependency.product(name: String(\$0), package: "swift-nio") }
let rest: [Target.Dependency] = [
  .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
  .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let tls: [Target.Dependency] = [.product(name: "NIOSSL", package: "swift-nio-ssl")]
let crypto: [Target] = [.systemLibrary(name: "COpenSSL")]
let package = Package(
  name: "fuzz", platforms: [.macOS(.v15)],
  products: [.library(name: "Fuzz", type: .static, targets: ["${module}Fuzz"])],
  dependencies: [
$dependencies
  ],
  targets: ("$module" == "VoiceAuth" ? crypto : []) + [
    .target(name: "VoiceCore", dependencies: nio + rest, resources: [.embedInCode("Resources")], swiftSettings: fuzzed),
    .target(
      name: "$module", dependencies: ["VoiceCore"] + ("$module" == "VoiceAuth" ? ["COpenSSL"] : tls) + nio + rest, swiftSettings: fuzzed),
    .target(name: "${module}Fuzz", dependencies: ["$module", "VoiceCore"] + nio + rest, swiftSettings: fuzzed),
  ], swiftLanguageModes: [.v6])
MANIFEST
echo "building"
swift build -c release --sanitize address --package-path "$package" --scratch-path "$work/build" --product Fuzz -j 2 >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log"; exit 1; }
# Names hold spaces.
mapfile -d '' objects < <(find -L "$work/build/release" -path '*.build/*' -name '*.o' -print0)
swiftc -sanitize=fuzzer,address -o "$work/fuzz" "${objects[@]}" "${libraries[@]}" 2>"$work/link.log" || { tail -n 40 "$work/link.log"; exit 1; }

# What it begins with: the tokens and keys of the tests' vectors; handshakes, requests and frames.
[ "$target" = auth ] || python3 - "$work/corpus" <<'SEEDS'
import pathlib, sys
corpus = pathlib.Path(sys.argv[1])
hello = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: %s\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
get = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
frame = b"\x81\x85\1\2\3\4ignmn"
server = [hello % b"Upgrade", hello % b"Upgrade\t" + get, hello % b"keep-alive, Upgrade" + frame * 3, get * 3 + hello % b"Upgrade",
          b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get,
          b"HEAD http://h/a HTTP/1.0\r\nConnection: Close\r\n\r\n", hello % b"Upgrade" + b"\x88\x82\0\0\0\0\x03\xe8"]
accepted = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
client = [accepted % b"x" + b"\x81\2hi", b"HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 100 Continue\r\n\r\n" + accepted % b"x",
          b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
for side, texts in ((0, server), (2, server), (1, client)):
    for number, text in enumerate(texts):
        for piece in (255, 0, 6): corpus.joinpath(f"seed-{side}-{number}-{piece}").write_bytes(bytes([side, piece]) + text)
SEEDS
[ "$target" = transport ] || python3 - "$work/corpus" <<'SEEDS'
import base64, json, pathlib, sys
corpus = pathlib.Path(sys.argv[1])
def seed(choice, name, text): corpus.joinpath(f"seed-{choice}-{name}").write_bytes(bytes([choice]) + text)
def decoded(part): return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
for number, case in enumerate(json.load(open("Tests/VoiceAuthTests/Vectors/jwt.json"))["cases"]):
    seed(0, number, case["token"].encode())
    try:
        header, payload, _ = case["token"].split(".")
        seed(1, number, decoded(header)); seed(2, number, decoded(payload)); seed(3, number, decoded(payload)); seed(4, number, payload.encode())
    except ValueError:
        pass
    if "jwks" in case["keys"]: seed(5, number, case["keys"]["jwks"].encode())
    if "pem" in case["keys"]:
        seed(6, number, case["keys"]["pem"].encode())
        body = "".join(line for line in case["keys"]["pem"].splitlines() if not line.startswith("-----"))
        try: seed(7, number, base64.b64decode(body))
        except ValueError: pass
for number, text in enumerate(["/v1/realtime?token=a%2Eb&ticket=c", "https://app.example.com:8443", "https://*.example.com", "Bearer a.b.c"]):
    seed(8, number, text.encode())
seed(9, 0, b'{"enabled":true,"rollout_percent":12.5,"beta_users":["a"],"allowed_plans":["elite"]}')
SEEDS

export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=${DETECT_LEAKS:-1}
cd "$work/findings"
"$work/fuzz" -max_total_time="$seconds" -max_len=9000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "$work/corpus" 2>"$work/fuzz.log" ||
  { tail -n 60 "$work/fuzz.log"; echo "findings in $work/findings"; exit 1; }
grep -E '^Done|^stat::|cov:' "$work/fuzz.log" | tail -n 7
