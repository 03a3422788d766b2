public import VoiceCore

/// Contract of every `TokenVerifier`. See ``SessionStoreConformance`` for how to run it.
public enum TokenVerifierConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let verifier: any TokenVerifier
    let mint: @Sendable (_ user: String, _ lifetime: Duration) async throws -> Secret

    /// - Parameter mint: makes a good token that ends after `lifetime`; a negative one has ended long ago.
    /// - Parameter verifier: implementation under test.
    public init(verifier: any TokenVerifier, mint: @escaping @Sendable (_ user: String, _ lifetime: Duration) async throws -> Secret) {
      self.verifier = verifier
      self.mint = mint
    }

    func verify(_ token: String) async -> Result<VerifiedToken, TokenRefusal> { await verifier.verify(Secret(token)) }

    func requireRefused(_ token: String, _ what: String, line: UInt = #line) async throws {
      guard case .failure(let refusal) = await verify(token) else { throw ConformanceViolation(detail: "\(what) is taken", line: line) }
      try require(refusal.reason == .invalid || refusal.reason == .missing, "\(what) is refused as \(refusal.reason)", line: line)
      let isShown = token.utf8.count > 8 && refusal.detail.contains(token)
      try require(!isShown, "the refusal of \(what) shows the token", line: line)
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("a good token says whose it is and when it ends, each time it is shown") { subject in
      for user in ["ada", "bob@example.org", "ü 🎙"] {
        let token = try await subject.mint(user, .seconds(3_600)).expose()
        for _ in 0..<2 {
          guard case .success(let verified) = await subject.verify(token) else {
            throw ConformanceViolation(detail: "a good token of \(user) is refused", line: #line)
          }
          try requireEqual(verified.userID, user, "the user")
        }
      }
      let soon = try await subject.verify(subject.mint("ada", .seconds(600)).expose()).get()
      let later = try await subject.verify(subject.mint("ada", .seconds(3_600)).expose()).get()
      let difference = later.expiresAt - soon.expiresAt
      try require(difference > .seconds(2_990) && difference < .seconds(3_010), "the ends are \(difference) apart, not 3000 s")
    },
    Rule("a token that has ended is refused as expired") { subject in
      let token = try await subject.mint("ada", .seconds(-86_400))
      guard case .failure(let refusal) = await subject.verifier.verify(token) else {
        throw ConformanceViolation(detail: "it is taken", line: #line)
      }
      try requireEqual(refusal.reason, .expired, "the reason")
    },
    Rule("a token of which one byte was changed, or is missing, is refused") { subject in
      let token = try await subject.mint("ada", .seconds(3_600)).expose()
      let bytes = Array(token.utf8)
      // The last character of Base64 may hold bits that count for nothing.
      for index in stride(from: 0, to: bytes.count - 1, by: max(1, bytes.count / 40)) {
        var changed = bytes
        changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        if changed != bytes { try await subject.requireRefused(String(decoding: changed, as: UTF8.self), "byte \(index) changed") }
      }
      try await subject.requireRefused(String(token.dropFirst()), "a token without its first byte")
      try await subject.requireRefused(token + "A", "a token with a byte more")
      try await subject.requireRefused(" " + token, "a token behind a space")
    },
    Rule("what is no token is refused, whatever it is") { subject in
      for text in hostileTexts + ["null", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        try await subject.requireRefused(text, "a hostile text")
      }
    },
    Rule("many at once each get their own answer") { subject in
      let tokens = try await [subject.mint("ada", .seconds(3_600)), subject.mint("bob", .seconds(3_600))]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<64 {
          group.addTask {
            try requireEqual(try await subject.verifier.verify(tokens[index % 2]).get().userID, index % 2 == 0 ? "ada" : "bob", "the user")
          }
        }
        try await group.waitForAll()
      }
    },
  ]
}
