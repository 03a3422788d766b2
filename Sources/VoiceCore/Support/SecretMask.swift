package import HTTPTypes

/// Masks configured secrets wherever they stand in a text that others wrote, such as an upstream server's error.
public struct SecretMask: Sendable {
  private let secrets: [[UInt8]]

  /// Secrets of fewer than `minBytes` bytes are left out: they would mask ordinary words.
  public init(_ secrets: some Sequence<Secret>, minBytes: Int = 8) {
    self.secrets = secrets.map { Array($0.expose().utf8) }.filter { $0.count >= max(1, minBytes) }.sorted { $0.count > $1.count }
  }

  /// Takes the credentials that requests to these targets, and to their alternatives, hold.
  package init(credentialsFor target: RealtimeTarget, and others: [Secret] = []) {
    self.init(([target] + target.alternatives).flatMap { Self.credentials(in: $0.headers) } + others)
  }

  /// Bearer tokens and keys in a request's fields.
  package static func credentials(in fields: HTTPFields) -> [Secret] {
    fields.filter { $0.name == .authorization || $0.name.canonicalName.hasSuffix("api-key") }
      .map { Secret($0.value.split(separator: " ").last.map(String.init) ?? $0.value) }
  }

  /// True if there is nothing to mask.
  public var isEmpty: Bool { secrets.isEmpty }

  /// `text` with `***` in the place of each secret.
  public func masked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard secrets.contains(where: { Self.firstRange(of: $0, in: bytes, from: 0) != nil }) else { return text }
    return String(decoding: masked(bytes), as: UTF8.self)
  }

  /// Masks secrets in UTF-8, like ``masked(_:)``; `***` needs no escape in JSON.
  public func masked(_ text: [UInt8]) -> [UInt8] {
    var result = text
    for secret in secrets {
      var start = 0
      while let range = Self.firstRange(of: secret, in: result, from: start) {
        result.replaceSubrange(range, with: Self.stars)
        start = range.lowerBound + Self.stars.count
      }
    }
    return result
  }

  /// Returns true if `text` contains a secret.
  public func finds(in text: some Collection<UInt8>) -> Bool {
    let bytes = Array(text)
    return secrets.contains { Self.firstRange(of: $0, in: bytes, from: 0) != nil }
  }

  private static let stars = Array("***".utf8)

  private static func firstRange(of secret: [UInt8], in text: [UInt8], from start: Int) -> Range<Int>? {
    guard let first = secret.first else { return nil }
    var index = start
    while text.count - index >= secret.count {
      if text[index] == first || text[index] == UInt8(ascii: "\\"), let end = end(of: secret, in: text, at: index) { return index..<end }
      index += 1
    }
    return nil
  }

  /// End of the secret that begins at `start`, each byte of it as it is or escaped as JSON allows.
  private static func end(of secret: [UInt8], in text: [UInt8], at start: Int) -> Int? {
    var index = start
    for byte in secret {
      guard index < text.count else { return nil }
      if text[index] == byte {
        index += 1
      } else if text[index] == UInt8(ascii: "\\"), index + 1 < text.count, text[index + 1] == byte {
        index += 2
      } else if text[index] == UInt8(ascii: "\\"), text.count - index >= 6, text[index + 1] == UInt8(ascii: "u"),
        Int(String(decoding: text[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16) == Int(byte)
      {
        index += 6
      } else {
        return nil
      }
    }
    return index
  }
}
