/// Removes private data from text: tokens, keys, passwords, e-mails, query strings.
///
/// Built to err on the safe side: a long word that looks random goes, too.
public enum Scrubber {
  /// Text in place of what was removed.
  public static let mark = "[scrubbed]"

  /// Names of values that are never sent, whatever they hold: credentials, and what was said.
  private static let privateNames: Set<String> = [
    "token", "accesstoken", "refreshtoken", "ticket", "authorization", "proxyauthorization", "password", "passwd", "secret", "clientsecret",
    "apikey", "xapikey", "jwt", "idtoken", "credential", "credentials", "passphrase", "pin", "key", "privatekey", "dsn", "cookie",
    "setcookie", "email", "mail", "transcript", "text", "audio", "delta",
    "instructions", "query", "querystring", "content", "prompt", "sentrykey",
  ]

  /// Returns true if a value of this name is never sent.
  public static func isPrivate(name: String) -> Bool {
    privateNames.contains(String(name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) }))
  }

  /// Returns the text without secrets and personal data, at most so many bytes long.
  public static func scrub(_ text: String, maxBytes: Int = 4_096) -> String {
    var out = ""
    var hidesNext = false
    var rest = text.utf8.count > maxBytes ? text.prefix(maxBytes) + "…" : text[...]
    while !rest.isEmpty {
      let word = rest.prefix { !isBoundary($0) }
      rest = rest[word.endIndex...]
      if !word.isEmpty {
        let isSeparator = word.allSatisfy { "=:".contains($0) }
        out += hidesNext && !isSeparator ? mark : self.word(word)
        if !isSeparator { hidesNext = announcesSecret(word, rest) || (hidesNext && isScheme(word)) }
      }
      let gap = rest.prefix { isBoundary($0) }
      out += gap
      rest = rest[gap.endIndex...]
    }
    return out
  }

  private static func isBoundary(_ character: Character) -> Bool { character.isWhitespace || "\"'`,;<>(){}[]|".contains(character) }

  /// `Bearer`, or a private name with its value behind it: `password: x`, `"token":"x"`.
  private static func announcesSecret(_ word: Substring, _ rest: Substring) -> Bool {
    if isScheme(word) { return true }
    let name = word.hasSuffix(":") || word.hasSuffix("=") ? word.dropLast() : word
    guard isPrivate(name: String(name)) else { return false }
    return name.endIndex != word.endIndex || rest.drop { "\"' ".contains($0) }.first.map { ":=".contains($0) } ?? false
  }

  private static func isScheme(_ word: Substring) -> Bool { ["bearer", "basic"].contains(word.lowercased()) }

  private static func word(_ word: Substring) -> String {
    if let separator = word.firstIndex(where: { "=:".contains($0) }), separator < word.index(before: word.endIndex),
      isPrivate(name: String(word[..<separator]))
    {
      return word[...separator] + mark
    }
    if let question = word.firstIndex(of: "?"), word[question...].contains("=") {
      return self.word(word[..<question]) + "?" + mark
    }
    if let scheme = word.firstRange(of: "://") {
      let target = word[scheme.upperBound...]
      let authority = target.prefix { $0 != "/" }
      let start = authority.lastIndex(of: "@").map { mark + authority[$0...] } ?? String(authority)
      return word[..<scheme.upperBound] + start + path(target[authority.endIndex...])
    }
    if let at = word.firstIndex(of: "@"), at != word.startIndex, word[at...].contains(".") { return mark }
    return looksSecret(word) ? mark : path(word)
  }

  private static func path(_ text: Substring) -> String {
    guard text.contains("/") else { return looksSecret(text) ? mark : String(text) }
    return text.split(separator: "/", omittingEmptySubsequences: false).map { looksSecret($0) ? mark : String($0) }.joined(separator: "/")
  }

  private static func looksSecret(_ word: Substring) -> Bool {
    let bytes = word.utf8
    if ["eyJ", "sk-", "ek_", "vt_", "glc_", "ghp_"].contains(where: { word.hasPrefix($0) }), bytes.count >= 16 { return true }
    guard bytes.count >= 32 else { return false }
    // A session's name and a UUID are no secret; 32 bare hexadecimal digits may be one, as Azure's keys are.
    if word.hasPrefix("vs_"), word.utf8.count == 35, word.utf8.dropFirst(3).allSatisfy(isHex) { return false }
    if isUUID(word) { return false }
    let isRandomByte = { (byte: UInt8) in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "+/=-_.".utf8.contains(byte)
    }
    return bytes.allSatisfy(isRandomByte) && bytes.contains { (48...57).contains($0) }
  }

  /// `8-4-4-4-12` hexadecimal digits.
  private static func isUUID(_ word: Substring) -> Bool {
    word.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map { $0.allSatisfy(isHex) ? $0.count : 0 }
      == [8, 4, 4, 4, 12]
  }

  private static func isHex(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte) }
}
