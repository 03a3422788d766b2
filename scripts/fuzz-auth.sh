#!/usr/bin/env bash
# libFuzzer under AddressSanitizer on everything in VoiceAuth that reads what a stranger wrote. One core.
# usage: fuzz-auth.sh [seconds]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
work=$PWD/.build-fuzz
package=$work/package
mkdir -p "$package/Sources" "$work/corpus" "$work/findings"
for target in VoiceCore VoiceAuth COpenSSL; do ln -sfn "$PWD/Sources/$target" "$package/Sources/$target"; done
ln -sfn "$PWD/Tests/VoiceAuthFuzz" "$package/Sources/VoiceAuthFuzz"

# The dependencies as the project's own manifest has them.
dependencies=$(grep -E 'url: .*/(swift-nio|swift-http-types|swift-log|swift-service-lifecycle)\.git' Package.swift)
cat >"$package/Package.swift" <<MANIFEST
// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
]
let fuzzed: [SwiftSetting] = settings + [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing", "-parse-as-library"])]
let nio = ["NIOCore", "NIOConcurrencyHelpers"].map { Target.Dependency.product(name: \$0, package: "swift-nio") }
let rest: [Target.Dependency] = [
  .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "Logging", package: "swift-log"),
  .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let package = Package(
  name: "fuzz", platforms: [.macOS(.v15)],
  products: [.library(name: "VoiceAuthFuzz", type: .static, targets: ["VoiceAuthFuzz"])],
  dependencies: [
$dependencies
  ],
  targets: [
    .systemLibrary(name: "COpenSSL"),
    .target(name: "VoiceCore", dependencies: nio + rest, resources: [.embedInCode("Resources")], swiftSettings: settings),
    .target(name: "VoiceAuth", dependencies: ["VoiceCore", "COpenSSL"] + nio + rest, swiftSettings: fuzzed),
    .target(name: "VoiceAuthFuzz", dependencies: ["VoiceAuth", "VoiceCore"] + rest, swiftSettings: fuzzed),
  ], swiftLanguageModes: [.v6])
MANIFEST
echo "building"
swift build -c release --sanitize address --package-path "$package" --scratch-path "$work/build" --product VoiceAuthFuzz -j 2 >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log"; exit 1; }
# Names hold spaces.
mapfile -d '' objects < <(find -L "$work/build/release" -path '*.build/*' -name '*.o' -not -path '*/NIOPosix.build/*' -print0)
swiftc -sanitize=fuzzer,address -o "$work/fuzz" "${objects[@]}" -lcrypto 2>"$work/link.log" || { tail -n 40 "$work/link.log"; exit 1; }

# What it begins with: the tokens and keys of the tests' vectors.
python3 - "$work/corpus" <<'SEEDS'
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
