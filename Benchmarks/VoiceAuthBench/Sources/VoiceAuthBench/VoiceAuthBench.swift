import Foundation
import VoiceAuth
import VoiceCore

/// What verifying a token costs beside bare libcrypto, and what junk costs.
@main
struct VoiceAuthBench {
  private static let now = UnixTime(seconds: 1_800_000_000)
  private static let claims =
    #"{"sub":"7f1c8f8e-0000-4000-8000-000000000000","iss":"https://issuer.example","aud":"voice","plan":"elite","iat":1799999000,"exp":1800003600}"#
  private static let rounds = 7

  static func main() async throws {
    print("µs an operation, median of \(rounds) rounds in turn; \(ProcessInfo.processInfo.activeProcessorCount) cores")
    for tasks in [1, 4, 16] {
      try await signed("RS256", .rsa(), tasks: tasks, operations: 8_000)
      try await signed("ES256", .p256(), tasks: tasks, operations: 4_000)
      try await signed("EdDSA", .ed25519(), tasks: tasks, operations: 2_000)
      try await mac(tasks: tasks, operations: 40_000)
    }
    try await junk()
  }

  private static func signed(_ name: String, _ key: BareKey, tasks: Int, operations: Int) async throws {
    let input = base64(Array(#"{"alg":"\#(name)","typ":"JWT"}"#.utf8)) + "." + base64(Array(claims.utf8))
    key.sign(Array(input.utf8))
    let token = Secret(input + "." + base64(name == "ES256" ? key.rawSignature : key.signature))
    let verifier = JWTVerifier(keys: try KeySet(pem: key.pem)) { now }
    guard case .success = await verifier.verify(token) else { fatalError("\(name) is not verified") }
    let (bare, ours) = await compare(
      tasks, operations, { key.verify() },
      { if case .failure = await verifier.verify(token) { fatalError(name) } })
    row(name, tasks, ours, "bare EVP_DigestVerify \(format(bare)), ratio \(String(format: "%.2f", ours / bare))")
  }

  private static func mac(tasks: Int, operations: Int) async throws {
    let secret = Secret(String(repeating: "s", count: 64))
    let token = try TokenMinter(secret: secret).mint(user: "7f1c8f8e-0000-4000-8000-000000000000", plan: "elite", now: now)
    let verifier = JWTVerifier(keys: try KeySet(secret: secret)) { now }
    let ours = await time(tasks, operations) { if case .failure = await verifier.verify(token) { fatalError("HS256") } }
    row("HS256", tasks, ours, "bound 10")
  }

  /// Tokens that are refused, each at another depth.
  private static func junk() async throws {
    let key = BareKey.p256()
    let verifier = JWTVerifier(keys: try KeySet(pem: key.pem)) { now }
    func part(_ text: String) -> String { base64(Array(text.utf8)) }
    let signature = String(repeating: "A", count: 86)
    let members = (0..<120).map { #""m\#($0)":0,"# }.joined()
    let tokens: [(String, String)] = [
      ("junk: 8 KiB without a dot", String(repeating: "x", count: 8_192)), ("junk: over 8 KiB", String(repeating: "x", count: 100_000)),
      ("junk: no JSON", "xxxx.yyyy.zzzz"), ("junk: alg none", "\(part(#"{"alg":"none"}"#)).\(part(claims))."),
      ("junk: alg of no key", "\(part(#"{"alg":"RS256"}"#)).\(part(claims)).\(signature)"),
      ("junk: header of 6 KB", "\(part(#"{"alg":"ES256","x":[\#(String(repeating: "{},", count: 1_950))0]}"#)).e30.\(signature)"),
      ("junk: header of 120 members", "\(part("{" + members + #""alg":"ES256","crit":1}"#)).e30.\(signature)"),
      ("junk: wrong length of signature", "\(part(#"{"alg":"ES256"}"#)).\(part(claims)).AAAA"),
      ("junk: wrong signature", "\(part(#"{"alg":"ES256"}"#)).\(part(claims)).\(String(repeating: "Q", count: 85))Q"),
    ]
    for (name, text) in tokens {
      let token = Secret(text)
      guard case .failure(let refusal) = await verifier.verify(token) else { fatalError(name) }
      row(name, 1, await time(1, 4_000) { _ = await verifier.verify(token) }, refusal.detail)
    }
  }

  // MARK: Measuring

  private static func compare(
    _ tasks: Int, _ operations: Int, _ bare: @escaping @Sendable () -> Void, _ ours: @escaping @Sendable () async -> Void
  ) async -> (Double, Double) {
    var times: ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      times.0.append(await once(tasks, operations) { bare() })
      times.1.append(await once(tasks, operations, ours))
    }
    return (times.0.sorted()[rounds / 2], times.1.sorted()[rounds / 2])
  }

  private static func time(_ tasks: Int, _ operations: Int, _ body: @escaping @Sendable () async -> Void) async -> Double {
    var times: [Double] = []
    for _ in 0..<rounds { times.append(await once(tasks, operations, body)) }
    return times.sorted()[rounds / 2]
  }

  /// µs an operation on each core in use, `tasks` of them at once.
  private static func once(_ tasks: Int, _ operations: Int, _ body: @escaping @Sendable () async -> Void) async -> Double {
    let start = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks { group.addTask { for _ in 0..<(operations / tasks) { await body() } } }
    }
    let elapsed = ContinuousClock.now - start
    let cores = min(tasks, ProcessInfo.processInfo.activeProcessorCount)
    return elapsed / .microseconds(1) / Double(operations / tasks * tasks) * Double(cores)
  }

  private static func row(_ name: String, _ tasks: Int, _ time: Double, _ note: String) {
    print("\(name.padding(toLength: 32, withPad: " ", startingAt: 0)) tasks \(tasks)\t\(format(time))\t\(note)")
  }

  private static func format(_ time: Double) -> String { String(format: "%.2f", time) }

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
