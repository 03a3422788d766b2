import Testing
import VoiceCore

@testable import VoiceAuth

struct JWTShapeTests {
  private func detail(_ change: (String) -> String) async throws -> String? {
    try await TokenForge.verifier().verify(Secret(change(TokenForge().make().expose()))).detail
  }

  @Test func `a token over 8 KiB is refused, one of 8 KiB is not`() async throws {
    func token(padding: Int) throws -> Secret {
      try TokenForge(claims: #"{"sub":"u","exp":1800003600,"x":"\#(String(repeating: "x", count: padding))"}"#).make()
    }
    var padding = 5_900
    while try token(padding: padding).expose().utf8.count <= 8_192 { padding += 1 }
    #expect(try await TokenForge.verifier().verify(token(padding: padding - 1)).reason == nil)
    #expect(try await TokenForge.verifier().verify(token(padding: padding)).detail == "longer than 8192 bytes")
  }

  @Test(arguments: ["", ".", "..", "a", "a.b", "a.b.c.d", "a.b.c.d.e"])
  func `what has not three parts with something in them is refused`(text: String) async throws {
    let verdict = try await TokenForge.verifier().verify(Secret(text))
    #expect(verdict.reason == (text.isEmpty ? .missing : .invalid))
  }

  @Test func `a fourth part is refused`() async throws {
    #expect(try await detail { $0 + ".AA" } == "not three parts")
    #expect(try await detail { $0 + "." } == "not three parts")
  }

  @Test func `padding, whitespace and the other alphabet are refused in every part`() async throws {
    for bad in ["=", " ", "\n", "+", "/", "\u{0}", "é"] {
      #expect(try await detail { $0 + bad } == "a signature that is not base64url")
      #expect(try await detail { bad + $0 } == "a header that is not base64url")
      #expect(try await detail { $0.replacing(".", with: "\(bad).", maxReplacements: 1) } == "a header that is not base64url")
      let bent = try TokenForge().make(header: Base64URL.encode(Array(TokenForge().header.utf8)), payload: "AAAA" + bad)
      #expect(try await TokenForge.verifier().verify(bent).detail == "a payload that is not base64url")
    }
  }

  @Test func `bits after the last byte are refused`() async throws {
    let token = try TokenForge().make().expose()
    let last = try #require(token.last)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let place = try #require(alphabet.firstIndex(of: last))
    // 32 bytes leave two bits free in the last of 43 characters.
    for bits in 1...3 {
      let bent = token.dropLast() + String(alphabet[place ^ bits])
      #expect(try await TokenForge.verifier().verify(Secret(String(bent))).detail == "a signature that is not base64url")
    }
  }

  @Test func `a signature without bytes, too short or too long is refused`() async throws {
    #expect(try await detail { String($0[...($0.lastIndex(of: ".") ?? $0.endIndex)]) } == "a signature that is not base64url")
    #expect(try await detail { String($0.dropLast(3)) } == "a signature of another key")
    #expect(try await detail { $0 + "AAAA" } != nil)
    #expect(try await detail { $0 + String(repeating: "A", count: 2_000) } == "a signature that is not base64url")
  }

  @Test func `a changed byte anywhere is refused`() async throws {
    let token = Array(try TokenForge().make().expose().utf8)
    for index in token.indices where token[index] != UInt8(ascii: ".") {
      var bent = token
      bent[index] = bent[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(try await TokenForge.verifier().verify(Secret(String(decoding: bent, as: UTF8.self))).reason == .invalid)
    }
  }

  @Test func `a refusal says nothing of the token`() async throws {
    let refusal = try await detail { $0 + "AAAA" }
    let parts = try TokenForge().make().expose().split(separator: ".")
    #expect(parts.allSatisfy { refusal?.contains($0) == false })
  }

  @Test(arguments: ["A", "AAAAA", "AB", "AAB", "A=", "AA==", "A A", "+/", "é"])
  func `base64url has one text for each value`(text: String) {
    #expect(Base64URL.decode(Array(text.utf8)) == nil)
  }
}
