import VoiceTesting

@testable import VoiceAuth

/// Bends valid tokens at random: in their text, in their bytes, in their JSON, and by grafting parts of one onto another.
struct TokenMutator {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\"{}".utf8)
  private static let header = [
    #""alg":"none""#, #""alg":"HS256""#, #""alg":"RS256""#, #""alg":"ES256""#, #""alg":"EdDSA""#, #""crit":["exp"]"#, #""b64":false"#,
    #""kid":"x""#, #""jwk":{"kty":"oct","k":"AAAA"}"#, #""typ":"JWT""#, #""cty":"JWT""#, #""zip":"DEF""#, #""x5c":[]"#,
  ]
  private static let claims = [
    #""exp":9999999999"#, #""exp":1e99"#, #""sub":"admin""#, #""plan":"elite""#, #""role":"service_role""#, #""nbf":0"#, #""aud":"x""#,
  ]

  let valid: [[UInt8]]
  var generator: SeededGenerator

  mutating func next() -> [UInt8] {
    var token = pick(valid)
    for _ in 0...Int.random(in: 0..<3, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: edit(&token)
      case 1: token = Array(token.prefix(Int.random(in: 0...token.count, using: &generator)))
      case 2: token = parts(token) { parts, random in parts[Int.random(in: 0..<3, using: &random)] = [] }
      case 3:
        let other = Self.split(pick(valid))
        token = parts(token) { parts, random in
          let place = Int.random(in: 0..<3, using: &random)
          parts[place] = other[place]
        }
      case 4: token = json(token, part: 0, members: Self.header)
      case 5: token = json(token, part: 1, members: Self.claims)
      case 6: token = bytes(token)
      default:
        token.insert(
          contentsOf: pick(valid).suffix(Int.random(in: 0..<20, using: &generator)), at: Int.random(in: 0...token.count, using: &generator))
      }
    }
    return token
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: 0..<choices.count, using: &generator)] }

  private static func split(_ token: [UInt8]) -> [[UInt8]] {
    let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    return parts + [[UInt8]](repeating: [], count: 3 - parts.count)
  }

  private mutating func parts(_ token: [UInt8], change: (inout [[UInt8]], inout SeededGenerator) -> Void) -> [UInt8] {
    var parts = Self.split(token)
    change(&parts, &generator)
    return Array(parts.joined(separator: [UInt8(ascii: ".")]))
  }

  /// One character replaced, added, removed or swapped.
  private mutating func edit(_ token: inout [UInt8]) {
    guard !token.isEmpty else { return }
    let place = Int.random(in: 0..<token.count, using: &generator)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: token[place] = pick(Self.alphabet)
    case 1: token.insert(pick(Self.alphabet), at: place)
    case 2: token.remove(at: place)
    default: token.swapAt(place, Int.random(in: 0..<token.count, using: &generator))
    }
  }

  /// A bit of what the text stands for.
  private mutating func bytes(_ token: [UInt8]) -> [UInt8] {
    parts(token) { parts, random in
      let place = Int.random(in: 0..<3, using: &random)
      guard var decoded = Base64URL.decode(parts[place]), !decoded.isEmpty else { return }
      decoded[Int.random(in: 0..<decoded.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      parts[place] = Array(Base64URL.encode(decoded).utf8)
    }
  }

  /// A member put before, behind or in place of the others.
  private mutating func json(_ token: [UInt8], part: Int, members: [String]) -> [UInt8] {
    let member = Array(pick(members).utf8)
    return parts(token) { parts, random in
      guard var decoded = Base64URL.decode(parts[part]), decoded.first == UInt8(ascii: "{") else { return }
      switch Int.random(in: 0..<3, using: &random) {
      case 0: decoded.insert(contentsOf: member + [UInt8(ascii: ",")], at: 1)
      case 1: decoded.insert(contentsOf: [UInt8(ascii: ",")] + member, at: decoded.count - 1)
      default: decoded = [UInt8(ascii: "{")] + member + [UInt8(ascii: "}")]
      }
      parts[part] = Array(Base64URL.encode(decoded).utf8)
    }
  }
}
