import VoiceCore

extension RedisURL {
  /// Reads a URL; throws ``Malformed``, which says what is expected and repeats nothing of the URL.
  public init(_ text: String) throws(Malformed) {
    guard !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else { throw Self.wrong("it holds spaces or control characters") }
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { throw Self.wrong("it has no scheme") }
    let (topology, usesTLS) = try Self.scheme(text[..<colon].lowercased())
    var rest = text[colon...].dropFirst(3)
    let query = Self.cut(&rest, at: "?")
    guard !rest.contains("#"), !(query ?? "").contains("#") else { throw Self.wrong("a # in a password is written %23") }
    let path = Self.cut(&rest, at: "/") ?? ""
    guard !path.contains("@"), (query ?? "=").contains("=") || query?.contains("@") == false else {
      throw Self.wrong("a / in a user or password is written %2F, a ? is written %3F")
    }
    let userInfo = rest.lastIndex(of: "@").map { rest[..<$0] }
    if let userInfo { rest = rest[rest.index(after: userInfo.endIndex)...] }

    let port = topology == .sentinel(master: "") ? 26_379 : 6_379
    self.init(
      topology: topology, usesTLS: usesTLS, endpoints: try Self.endpoints(rest, defaultPort: port),
      credentials: try userInfo.map { (text) throws(Malformed) in try Self.credentials(text) } ?? nil)
    if topology == .single, endpoints.count > 1 { throw Self.wrong("several hosts need redis+sentinel:// or redis+cluster://") }
    try readPath(path)
    try readQuery(query ?? "")
  }

  private static func scheme(_ name: String) throws(Malformed) -> (Topology, usesTLS: Bool) {
    switch name {
    case "redis": (.single, false)
    case "rediss": (.single, true)
    case "redis+sentinel": (.sentinel(master: ""), false)
    case "rediss+sentinel": (.sentinel(master: ""), true)
    case "redis+cluster": (.cluster, false)
    case "rediss+cluster": (.cluster, true)
    default: throw wrong("its scheme is none of redis, rediss, redis+sentinel, rediss+sentinel, redis+cluster, rediss+cluster")
    }
  }

  /// Reads credentials as redis-cli does: without a colon all of it is the password.
  private static func credentials(_ text: Substring) throws(Malformed) -> Credentials? {
    guard !text.isEmpty else { return nil }
    guard let colon = text.firstIndex(of: ":") else { return Credentials(password: Secret(try decoded(text))) }
    let (user, password) = (try decoded(text[..<colon]), try decoded(text[text.index(after: colon)...]))
    guard !password.isEmpty else {
      if user.isEmpty { return nil }
      throw wrong("there is a user and no password")
    }
    return Credentials(user: user.isEmpty ? nil : user, password: Secret(password))
  }

  private static func endpoints(_ text: Substring, defaultPort: Int) throws(Malformed) -> [RedisEndpoint] {
    var found: [RedisEndpoint] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      var host = part
      var port: Substring?
      if part.first == "[" {
        guard let end = part.firstIndex(of: "]") else { throw wrong("an IPv6 address lacks its ]") }
        host = part[part.index(after: part.startIndex)..<end]
        let after = part[part.index(after: end)...]
        guard after.isEmpty || after.first == ":" else { throw wrong("a host is followed by something that is no port") }
        port = after.isEmpty ? nil : after.dropFirst()
      } else if let colon = part.lastIndex(of: ":") {
        host = part[..<colon]
        port = part[part.index(after: colon)...]
        guard !host.contains(":") else { throw wrong("a host holds a colon: an IPv6 address stands in [ ], a password before @") }
      }
      let name = try decoded(host)
      guard !name.isEmpty else { throw wrong("there is no host, or an empty one in the list") }
      guard let number = port.map({ Int($0) }) ?? defaultPort, (1...65_535).contains(number) else {
        throw wrong("a port is no number from 1 to 65535 (a / or @ in a password is written %2F or %40)")
      }
      found.append(RedisEndpoint(host: name, port: number))
    }
    return found
  }

  private mutating func readPath(_ path: Substring) throws(Malformed) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true)
    switch topology {
    case .single: break
    case .sentinel:
      guard let master = parts.first else { throw Self.wrong("the master's name is missing after the hosts: …/MASTER") }
      topology = .sentinel(master: try Self.decoded(master))
      parts.removeFirst()
    case .cluster: guard parts.isEmpty || parts == ["0"] else { throw Self.wrong("a cluster has no databases but 0") }
    }
    guard parts.count <= 1 else { throw Self.wrong("its path has too many parts") }
    guard let number = parts.first.map({ Int($0) }) ?? 0, (0...99_999).contains(number) else {
      throw Self.wrong("the database is no whole number")
    }
    database = number
  }

  private mutating func readQuery(_ query: Substring) throws(Malformed) {
    var values: [String: String] = [:]
    for part in query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw Self.wrong("a parameter has no value") }
      values[String(pair[0])] = try Self.decoded(pair[1])
    }
    if let db = values.removeValue(forKey: "db") {
      guard let number = Int(db), (0...99_999).contains(number), topology != .cluster || number == 0 else {
        throw Self.wrong("the database is no whole number, or not 0 in a cluster")
      }
      database = number
    }
    let (user, password) = (values.removeValue(forKey: "sentinel_username"), values.removeValue(forKey: "sentinel_password"))
    if case .sentinel = topology, let password { sentinelCredentials = Credentials(user: user, password: Secret(password)) }
    if case .sentinel = topology, let answer = values.removeValue(forKey: "sentinel_tls") {
      guard let usesTLS = Bool(answer) else { throw Self.wrong("sentinel_tls is neither true nor false") }
      sentinelsUseTLS = usesTLS
    }
    guard values.isEmpty else {
      throw Self.wrong("it has a parameter that is none of db, sentinel_username, sentinel_password, sentinel_tls")
    }
  }

  /// Takes what follows `mark` off the text.
  private static func cut(_ text: inout Substring, at mark: Character) -> Substring? {
    guard let index = text.firstIndex(of: mark) else { return nil }
    defer { text = text[..<index] }
    return text[text.index(after: index)...]
  }

  private static func decoded(_ text: Substring) throws(Malformed) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.first != UInt8(ascii: "+")
      else { throw wrong("a % is followed by no two hexadecimal digits (a % itself is written %25)") }
      bytes.append(value)
      rest.removeFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw wrong("it is no UTF-8") }
    return decoded
  }

  private static func wrong(_ what: String) -> Malformed {
    Malformed(description: "no Redis URL: \(what); expected redis://USER:PASSWORD@HOST:PORT/DB")
  }
}
