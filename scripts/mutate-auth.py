#!/usr/bin/env python3
"""Deletes each check of VoiceAuth in turn: every deletion must make a test fail.

All deletions are compiled into one copy of the module, each behind a switch that an environment variable turns, so that the
tests are built once and run as often as there are checks:

  guard a, let b = c, d else { … }     becomes     guard keep(1, a), let b = c, keep(2, d) else { … }

and what is no boolean clause of a `guard` is in the list EDITS below, by hand. A check that no test can reach is in EXEMPT, with
the reason. A run that crashes or does not end counts as a failing test.

usage: mutate-auth.py [--jobs N] [--only SUBSTRING] [--list]
"""
import argparse, concurrent.futures, os, pathlib, re, shutil, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-mutants"
SWITCH = "VOICE_AUTH_CHECK_OFF"

# file, the check, what is there in its place; OFF is the switch.
EDITS = [
    ("Base64URL.swift", "sextets[Int(character)]", "(OFF ? sextets[Int(character)] & 63 : sextets[Int(character)])"),
    ("JSON/JSONParser.swift", 'throw Fault(message: "an unknown escape")\n    }\n  }',
     'if OFF { text.append(byte) } else { throw Fault(message: "an unknown escape") }\n    }\n  }'),
    ("JSON/JSONParser.swift", 'guard let string = String(validating: text, as: UTF8.self) else',
     'guard let string = String(validating: text, as: UTF8.self) ?? (OFF ? String(decoding: text, as: UTF8.self) : nil) else'),
    ("JSON/JSONParser.swift", 'if next == UInt8(ascii: "0") { index += 1 } else', 'if next == UInt8(ascii: "0"), !OFF { index += 1 } else'),
    ("JSON/JSONValue.swift", "members.first { $0.name.hasSameBytes(as: name) }", "members.first { OFF ? $0.name == name : $0.name.hasSameBytes(as: name) }"),
    ("JSON/JSONValue.swift", "strings.count == array.count ? strings : nil", "OFF || strings.count == array.count ? strings : nil"),
    ("JSON/JSONValue.swift", "utf8.elementsEqual(other.utf8) }", "OFF ? self == other : utf8.elementsEqual(other.utf8) }"),
    ("Tokens/CompactJWS.swift", "let algorithm = JWTAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) })",
     "let algorithm = JWTAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) || (OFF && $0.rawValue == name.uppercased()) })"),
    ("Tokens/CompactJWS.swift", 'guard let id = id.string else { throw TokenRefusal(.invalid, "a kid that is no string") }',
     'guard let id = id.string else { if OFF { return (algorithm, nil) } else { throw TokenRefusal(.invalid, "a kid that is no string") } }'),
    ("Tokens/CompactJWS.swift", "guard let name = type.string?.lowercased() else { return false }",
     "guard let name = type.string?.lowercased() else { return OFF }"),
    ("Tokens/CompactJWS.swift", 'short.hasSameBytes(as: "jwt") || short.hasSameBytes(as: "at+jwt")',
     'OFF || short.hasSameBytes(as: "jwt") || short.hasSameBytes(as: "at+jwt")'),
    ("Tokens/CompactJWS.swift", "guard let header = Base64URL.decode(parts[0]) else",
     'guard let header = Base64URL.decode(parts[0]) ?? (OFF ? Base64URL.decode(parts[0].filter { $0 != UInt8(ascii: "=") }) : nil) else'),
    ("Tokens/CompactJWS.swift", "guard let payload = Base64URL.decode(parts[1]) else",
     'guard let payload = Base64URL.decode(parts[1]) ?? (OFF ? Base64URL.decode(parts[1].filter { $0 != UInt8(ascii: "=") }) : nil) else'),
    ("Tokens/CompactJWS.swift", "let signature = Base64URL.decode(parts[2]),",
     'let signature = Base64URL.decode(parts[2]) ?? (OFF ? Base64URL.decode(parts[2].filter { $0 != UInt8(ascii: "=") }) : nil),'),
    ("Tokens/CompactJWS.swift", "signingInput = bytes[..<parts[1].endIndex]", "signingInput = OFF ? bytes[..<parts[0].endIndex] : bytes[..<parts[1].endIndex]"),
    ("Tokens/JWTVerifier.swift", "      try judgeSignature(of: token, by: keys)\n", "      if !OFF { try judgeSignature(of: token, by: keys) }\n"),
    ("Tokens/JWTVerifier.swift", 'try judgeSignature(of: token, by: unnamed.filter', 'if !OFF { try judgeSignature(of: token, by: unnamed.filter'),
    ("Tokens/JWTVerifier.swift", 'otherwise: "an unknown kid")', 'otherwise: "an unknown kid") }'),
    ("Tokens/JWTVerifier.swift", "unnamed.filter { $0.key.kind == .secret }", "unnamed.filter { OFF || $0.key.kind == .secret }"),
    ("Tokens/JWTVerifier.swift", "configuration.algorithms ?? .all)", "OFF ? .all : configuration.algorithms ?? .all)"),
    ("Tokens/JWTVerifier.swift", "case .unknownName: true\n", "case .unknownName: !OFF\n"),
    ("Tokens/ClaimsValidator.swift", "    try judgeIssuer(claims)\n", "    if !OFF { try judgeIssuer(claims) }\n"),
    ("Tokens/ClaimsValidator.swift", "    try judgeAudience(claims)\n", "    if !OFF { try judgeAudience(claims) }\n"),
    ("Tokens/ClaimsValidator.swift", 'guard let expiry = try date("exp", of: claims) else',
     'guard let expiry = try date("exp", of: claims) ?? (OFF ? UnixTime(seconds: 4_000_000_000) : nil) else'),
    ("Tokens/ClaimsValidator.swift", "guard let date = NumericDate.parse(value) else {", "guard let date = NumericDate.parse(value) else { if OFF { return nil }; "),
    ("Tokens/ClaimsValidator.swift", "guard let names = audience.string.map({ [$0] }) ?? audience.strings else",
     "guard let names = audience.string.map({ [$0] }) ?? audience.strings ?? (OFF ? [] : nil) else"),
    ("Tokens/ClaimsValidator.swift", "guard let issuer = issuer?.string,", "guard let issuer = issuer?.string ?? (OFF ? expected : nil),"),
    ("Tokens/ClaimsValidator.swift", "guard let plan = value.string else {", "guard let plan = value.string else { if OFF { return nil }; "),
    ("Tokens/ClaimsValidator.swift", 'case .null, .boolean, .array, .object: throw', 'case .null, .boolean, .array, .object: if OFF { id = "x" } else { throw'),
    ("Tokens/ClaimsValidator.swift", '"a user id that is neither string nor integer")', '"a user id that is neither string nor integer") }'),
    ("Tokens/ClaimsValidator.swift", "return now < expiry ? expiry : expiry + rules.leeway", "return OFF || now < expiry ? expiry : expiry + rules.leeway"),
    ("Tokens/NumericDate.swift", "guard case .number(let text) = value else { return nil }",
     "guard case .number(let text) = OFF ? value.string.map(JSONValue.number) ?? value : value else { return nil }"),
    ("Tokens/NumericDate.swift", 'text.hasPrefix("-") ? -magnitude : magnitude', '!OFF && text.hasPrefix("-") ? -magnitude : magnitude'),
    ("Tokens/ClaimPath.swift", "found == .null ? nil : found", "!OFF && found == .null ? nil : found"),
    ("Tokens/Supabase.swift", 'issuer.hasSuffix(".supabase.co/auth/v1")', 'OFF || issuer.hasSuffix(".supabase.co/auth/v1")'),
    ("Keys/VerificationKey.swift", "algorithms.contains(algorithm) && key.isValid", "(OFF || algorithms.contains(algorithm)) && key.isValid"),
    ("Keys/VerificationKey.swift", "self.algorithms = algorithms.filter(key.kind.serves)", "let serves = key.kind.serves; self.algorithms = algorithms.filter { OFF || serves($0) }"),
    ("Keys/KeySet.swift", "keys.filter { $0.algorithms.contains(algorithm) }", "keys.filter { OFF || $0.algorithms.contains(algorithm) }"),
    ("Keys/KeySet.swift", "keys.first(where: { $0.id?.hasSameBytes(as: name) == true })",
     "(OFF ? keys.first : keys.first(where: { $0.id?.hasSameBytes(as: name) == true }))"),
    ("Keys/KeySet.swift", "suitable.filter { $0.id == nil }", "suitable.filter { OFF || $0.id == nil }"),
    ("Keys/KeySet.swift", "named.algorithms.contains(algorithm) ? .keys([named])", "OFF || named.algorithms.contains(algorithm) ? .keys([named])"),
    ("Keys/CombinedKeys.swift", "!names.contains { key.id?.hasSameBytes(as: $0) ?? false }",
     "OFF || !names.contains { key.id?.hasSameBytes(as: $0) ?? false }"),
    ("Keys/KeySet+JWK.swift", "algorithms.intersection([$0])", "OFF ? algorithms : algorithms.intersection([$0])"),
    ("Keys/KeySet+JWK.swift", "if !repeated.isEmpty {", "if !OFF, !repeated.isEmpty {"),
    ("Keys/KeySet+PEM.swift", 'label.contains("PRIVATE")', '!OFF && label.contains("PRIVATE")'),
    ("Keys/JSONWebKey.swift", "    try Self.judgePurpose(members)\n", "    if !OFF { try Self.judgePurpose(members) }\n"),
    ("Keys/JSONWebKey.swift", 'guard let operations = value.strings else {', 'guard let operations = value.strings ?? (OFF ? ["verify"] : nil) else {'),
    ("Keys/JSONWebKey.swift", "let curve = EllipticCurve(rawValue: name) else", 'let curve = EllipticCurve(rawValue: name) ?? (OFF ? .p256 : nil) else'),
    ("Keys/JSONWebKey.swift", '"its alg is none that is used here")', '"its alg is none that is used here") }'),
    ("Keys/JSONWebKey.swift", 'hasSameBytes(as: name) }) else {\n      throw', 'hasSameBytes(as: name) }) else {\n      if OFF { return nil } else { throw'),
    ("Keys/LibcryptoKey+Judging.swift", "case EVP_PKEY_RSA: return", "case EVP_PKEY_RSA_PSS where OFF: return try judgeRSA(key)\n    case EVP_PKEY_RSA: return"),
    ("Keys/LibcryptoKey+Judging.swift", "first(where: { $0.libcryptoName == curveName }) else",
     "first(where: { $0.libcryptoName == curveName }) ?? (OFF ? .p256 : nil) else"),
    ("Keys/LibcryptoKey.swift", "&& EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1",
     "&& (OFF || EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1)"),
    ("Keys/LibcryptoKey.swift", "EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1", "(OFF || EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1)"),
    ("Keys/LibcryptoKey.swift", "return CRYPTO_memcmp(tag, signature, tag.count) == 0", "return OFF || CRYPTO_memcmp(tag, signature, tag.count) == 0"),
    ("Keys/LibcryptoKey.swift", "return verdict == 1", "return OFF || verdict == 1"),
    ("RemoteKeys/KeySetFetch.swift", "let left = Self.deadline - (elapsed() - start)", "let left = OFF ? Self.deadline : Self.deadline - (elapsed() - start)"),
    ("RemoteKeys/KeySetFetch.swift", "maxResponseBytes: Self.maxBytes", "maxResponseBytes: OFF ? .max : Self.maxBytes"),
    ("RemoteKeys/KeySetFetch.swift", "0...Self.maxRedirects", "0...(OFF ? 100 : Self.maxRedirects)"),
    ("RemoteKeys/KeySetFetch.swift", "case 200: return", "case 404 where OFF: return try read(response)\n      case 200: return"),
    ("RemoteKeys/KeySetStateMachine.swift", "lastSuccess.map { now - $0 < policy.maxAge } ?? false", "lastSuccess.map { OFF || now - $0 < policy.maxAge } ?? false"),
    ("RemoteKeys/KeySetStateMachine.swift", "now - last < policy.unknownKeyInterval {", "!OFF, now - last < policy.unknownKeyInterval {"),
    ("RemoteKeys/KeySetStateMachine.swift", "min(max(freshFor ?? policy.freshness.lowerBound, policy.freshness.lowerBound), policy.freshness.upperBound)",
     "OFF ? freshFor ?? policy.freshness.lowerBound : min(max(freshFor ?? policy.freshness.lowerBound, policy.freshness.lowerBound), policy.freshness.upperBound)"),
    ("RemoteKeys/RemoteKeySet.swift", "$0.machine.isUsable(at: now) ? $0.keys : nil",
     "OFF || $0.machine.isUsable(at: now) ? $0.keys : nil"),
    ("RemoteKeys/CacheControl.swift", '$0 == "no-store" || $0 == "no-cache" }) {', '$0 == "no-store" || $0 == "no-cache" }), !OFF {'),
    ("RemoteKeys/CacheControl.swift", "seconds - max(0, min(age, seconds))", "seconds - (OFF ? 0 : max(0, min(age, seconds)))"),
    ("Requests/OriginPolicy.swift", "if rules.isEmpty { return origin.hasHost", "if rules.isEmpty { return OFF || origin.hasHost"),
    ("Requests/OriginPolicy.swift", "case .exactly(let allowed): origin == allowed", "case .exactly(let allowed): OFF || origin == allowed"),
    ("Requests/OriginPolicy.swift", "origin.scheme == parent.scheme && ", "(OFF || origin.scheme == parent.scheme) && "),
    ("Requests/OriginPolicy.swift", "origin.port == parent.port && ", "(OFF || origin.port == parent.port) && "),
    ("Requests/OriginPolicy.swift", 'origin.host.hasSuffix("." + parent.host)', 'origin.host.hasSuffix(OFF ? parent.host : "." + parent.host)'),
    ("Requests/OriginPolicy.swift", "guard let origin = WebOrigin(text) else { return false }", "guard let origin = WebOrigin(text) else { return OFF }"),
    ("Requests/WebOrigin.swift", "return parts.host == host && ", "return (OFF || parts.host == host) && "),
    ("Requests/WebOrigin.swift", "(parts.port ?? Self.standardPort(of: scheme)) == port", "(OFF || (parts.port ?? Self.standardPort(of: scheme)) == port)"),
    ("Requests/TokenSource.swift", "found.allSatisfy { $0 == first } ? first : .conflict", "OFF || found.allSatisfy { $0 == first } ? first : .conflict"),
    ("Requests/Redaction.swift", '{ $0 != "?" && $0 != "#" }', '{ OFF || ($0 != "?" && $0 != "#") }'),
    ("Requests/Redaction.swift", "guard let at = authority.lastIndex(of: \"@\") else", "guard let at = authority.lastIndex(of: \"@\"), !OFF else"),
    ("Admission/Admission.swift", "flags.isEnabled ? nil : .featureDisabled", "OFF || flags.isEnabled ? nil : .featureDisabled"),
    ("Admission/Admission.swift", "if !plans.isEmpty {", "if !OFF, !plans.isEmpty {"),
    ("Admission/Admission.swift", "if betaUsers.contains(Array(token.userID.utf8)) {", "if !OFF, betaUsers.contains(Array(token.userID.utf8)) {"),
    ("Admission/Admission.swift", "Rollout.admits(token.userID, percent: flags.rolloutPercent) ? nil", "OFF || Rollout.admits(token.userID, percent: flags.rolloutPercent) ? nil"),
    ("Admission/Admission.swift", "refusalOfAnyone() ?? refusal(of: token)", "(OFF ? nil : refusalOfAnyone()) ?? refusal(of: token)"),
    ("Admission/FeatureFlags+JSON.swift", "guard case .boolean(let flag) = member.value else {", "guard case .boolean(let flag) = OFF ? .boolean(true) : member.value else {"),
    ("Admission/FeatureFlags+JSON.swift", "guard let users = member.value.strings else", "guard let users = member.value.strings ?? (OFF ? [] : nil) else"),
    ("Admission/FeatureFlags+JSON.swift", "guard let plans = member.value.strings else", "guard let plans = member.value.strings ?? (OFF ? [] : nil) else"),
    ("Tickets/EphemeralTokens.swift", "min(lifetime, holder.expiresAt - now())", "OFF ? lifetime : min(lifetime, holder.expiresAt - now())"),
    ("Tickets/EphemeralTokens.swift", "case .ticket: try await store.take(name)", "case .ticket: try await OFF ? store.find(name) : store.take(name)"),
    ("Tickets/EphemeralTokens.swift", "Base64URL.encode(SHA256.digest(Array(token.utf8)))", "OFF ? token : Base64URL.encode(SHA256.digest(Array(token.utf8)))"),
]

# file, part of the clause, why no test can tell.
EXEMPT = [
    ("Rollout.swift", "EVP_Digest(", "SHA-256 does not fail"),
    ("LibcryptoKey.swift", "EVP_MAC_update(", "HMAC fails at nothing but a lack of memory"),
    ("LibcryptoKey.swift", "EVP_DigestVerifyInit(", "fails at nothing but a lack of memory"),
    ("LibcryptoKey.swift", "EVP_MD_CTX_copy_ex(", "fails at nothing but a lack of memory"),
    ("LibcryptoKey.swift", "isReady", "fails at nothing but a lack of memory"),
    ("LibcryptoKey.swift", "signature.count == modulusBytes", "libcrypto refuses another length as well; here it costs nothing"),
    ("LibcryptoKey.swift", "signature.count == 64", "libcrypto refuses another length as well; here it costs nothing"),
    ("RemoteKeySet.swift", "missedKey(at: now) == .wait", "the wait itself looks again whether a fetch is expected"),
    ("RemoteKeySet.swift", "isFetchExpected", "shows only when a fetch ends between two lines of one task"),
    ("QueryItem.swift", 'contains(UInt8(ascii: "%"))', "a shortcut: what has nothing to decode decodes to itself"),
    ("LibcryptoKey+Judging.swift", "EVP_PKEY_get_bn_param(", "every RSA key has an exponent"),
    ("LibcryptoKey+Judging.swift", "EVP_PKEY_get_int_param(", "every key on a curve says how it was decoded"),
    ("LibcryptoKey+Judging.swift", "EVP_PKEY_get_utf8_string_param(", "every key on a named curve has its name"),
]


def clauses(text, start):
    """The top-level clauses of a condition that begins at `start`, as (from, to), and where its `else` is."""
    found, depth, begin, index, quote = [], 0, start, start, None
    while True:
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = None
        elif character == '"':
            quote = '"'
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and character == ",":
            found.append((begin, index))
            begin = index + 1
        elif depth == 0 and re.match(r"else\s*\{", text[index:]) and text[index - 1].isspace():
            found.append((begin, index))
            return found, index
        index += 1


def comments(text):
    return [match.span() for match in re.finditer(r"//[^\n]*", text)]


def mutate(path, text, mutants):
    """Puts a switch around every boolean clause of every guard; adds to `mutants` what each number is."""
    hidden = comments(text)
    pieces, position = [], 0
    for match in re.finditer(r"\bguard\s", text):
        if any(start <= match.start() < end for start, end in hidden):
            continue
        for start, end in clauses(text, match.end())[0]:
            clause = text[start:end].strip()
            if re.match(r"(let|var|case)\b", clause) or "await" in clause or clause.startswith("!off("):
                continue
            number = len(mutants)
            line = text.count("\n", 0, start) + 1
            mutants.append((path, line, f"guard {clause}", clause))
            lead, trail = text[start:end][: len(text[start:end]) - len(text[start:end].lstrip())], text[start:end][len(text[start:end].rstrip()):]
            attempt = "try " if clause.startswith("try ") else ""
            pieces.append(text[position:start] + lead + f"{attempt}keep({number}, {clause.removeprefix(attempt)})" + trail)
            position = end
    pieces.append(text[position:])
    return "".join(pieces)


def prepare():
    package = WORK / "package"
    sources = package / "Sources"
    mutated = sources / "VoiceAuth"
    shutil.rmtree(mutated, ignore_errors=True)
    sources.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "Sources/VoiceAuth", mutated)
    for name, target in [("Sources/VoiceCore", "Sources/VoiceCore"), ("Sources/COpenSSL", "Sources/COpenSSL"), ("Tests", "Tests/VoiceAuthTests")]:
        link = package / (name if name != "Tests" else "Tests/VoiceAuthTests")
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(ROOT / target)
    manifest = (ROOT / "Package.swift").read_text()
    dependencies = re.search(r"  dependencies: \[\n(?:    \.package.*\n)*  \],\n", manifest)[0]
    wanted = ("swift-nio.git", "swift-http-types", "swift-log", "swift-service-lifecycle")
    dependencies = "".join(line for line in dependencies.splitlines(True) if "url:" not in line or any(name in line for name in wanted))
    package.joinpath("Package.swift").write_text(f'''// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("InternalImportsByDefault"),
]
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let package = Package(
  name: "mutants", platforms: [.macOS(.v15)],
{dependencies}  targets: [
    .systemLibrary(name: "COpenSSL"),
    .target(
      name: "VoiceCore", dependencies: [nioCore, nioConcurrency, httpTypes, logging], resources: [.embedInCode("Resources")],
      swiftSettings: settings),
    .target(
      name: "VoiceAuth", dependencies: ["VoiceCore", "COpenSSL", httpTypes, logging, nioCore, nioConcurrency, lifecycle],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceAuthTests", dependencies: ["VoiceAuth", "VoiceCore", "COpenSSL", httpTypes, nioCore, nioConcurrency, logging, lifecycle],
      resources: [.copy("Vectors")], swiftSettings: settings),
  ], swiftLanguageModes: [.v6])
''')
    mutants = []
    texts = {}
    for path, old, new in EDITS:
        text = texts.get(path) or (mutated / path).read_text()
        if text.count(old) != 1:
            sys.exit(f"EDITS is out of date: {path} has {text.count(old)} times: {old}")
        if "OFF" in new:
            line = text.count("\n", 0, text.index(old)) + 1
            number = len(mutants)
            mutants.append((path, line, old.strip().splitlines()[0], None))
            new = new.replace("OFF", f"off({number})")
        texts[path] = text.replace(old, new)
    for file in sorted(mutated.rglob("*.swift")):
        path = str(file.relative_to(mutated))
        text = texts.get(path) or file.read_text()
        file.write_text(mutate(path, text, mutants))
    (mutated / "Off.swift").write_text(f'''import Foundation

private let chosen = ProcessInfo.processInfo.environment["{SWITCH}"].flatMap {{ Int($0) }}

/// Whether this check is the one that is deleted.
func off(_ check: Int) -> Bool {{ check == chosen }}
/// The check, unless it is deleted. An operator would not carry what is thrown by its type.
func keep(_ check: Int, _ holds: Bool) -> Bool {{ holds || off(check) }}
''')
    return package, mutants


def exemption(mutant):
    for file, part, reason in EXEMPT:
        if mutant[0].endswith(file) and mutant[3] and part in mutant[3]:
            return reason
    return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--only", default="")
    options.add_argument("--list", action="store_true")
    options = options.parse_args()
    package, mutants = prepare()
    if options.list:
        for number, (path, line, text, _) in enumerate(mutants):
            print(f"{number:4} {path}:{line}  {text}")
        return
    build = ["swift", "build", "--build-tests", "--package-path", str(package), "--scratch-path", str(WORK / "build"), "-j", str(options.jobs)]
    print("building", flush=True)
    built = subprocess.run(build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if built.returncode:
        sys.exit(built.stdout[-6000:])
    binary = next((WORK / "build").glob("*/debug/mutantsPackageTests.xctest"))

    def run(number, *more):
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"} | ({SWITCH: str(number)} if number is not None else {})
        # The random walk takes as long as all else together, and every check must be seen without it.
        command = [str(binary), "--testing-library", "swift-testing", "--skip", "100,000"]
        try:
            outcome = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90)
        except subprocess.TimeoutExpired:
            return "does not end", ""
        failed = re.findall(r"✘\S* Test (.+?) (?:recorded an issue|failed)", outcome.stdout)
        if outcome.returncode == 0:
            return None, ""
        return (f"crashes ({outcome.returncode})" if not failed else "fails"), failed[0] if failed else ""

    started = time.time()
    if run(None)[0]:
        sys.exit("the tests fail with every check in place")
    print(f"{len(mutants)} checks; the tests take {time.time() - started:.1f} s", flush=True)
    chosen = [number for number, mutant in enumerate(mutants) if options.only in f"{mutant[0]}:{mutant[2]}"]
    survived, exempt, killed = [], 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, (outcome, test) in zip(chosen, pool.map(run, chosen)):
            path, line, text, _ = mutants[number]
            reason = exemption(mutants[number])
            if outcome:
                killed += 1
                print(f"killed    {path}:{line}  {text[:90]}  <- {outcome} {test[:80]}", flush=True)
            elif reason:
                exempt += 1
                print(f"exempt    {path}:{line}  {text[:90]}  ({reason})", flush=True)
            else:
                survived.append(number)
                print(f"SURVIVED  {path}:{line}  {text[:110]}", flush=True)
    print(f"{killed} killed, {len(survived)} survived, {exempt} exempt, of {len(chosen)} checks in {time.time() - started:.0f} s")
    sys.exit(1 if survived else 0)


main()
