import HTTPTypes
import NIOCore
import NIOHTTP1

/// Decides what a request's head asks for, by the rules of HTTP/1.1 that hold for every path.
struct RequestJudge: Sendable {
  enum Verdict: Equatable {
    case plain(HTTPRequestHead)
    case handshake(HTTPRequestHead, ServerHandshake)
    case refusal(HTTPReply)
  }

  let limits: HTTPLimits
  /// Takes a path without its query.
  let isWebSocketPath: @Sendable (Substring) -> Bool

  /// The heads in the verdict are in origin form.
  func judge(_ received: HTTPRequestHead) -> Verdict {
    var head = received
    guard head.uri.utf8.count <= limits.maxLineBytes else { return .refusal(.headTooLarge) }
    let hosts = head.headers["host"]
    // RFC 9112 section 3.2.
    guard hosts.count == 1 || (hosts.isEmpty && (head.version.major, head.version.minor) < (1, 1)), hosts.allSatisfy(Self.isHost) else {
      return .refusal(.error(.badRequest, code: "invalid_host", message: "One valid Host field is required"))
    }
    guard head.method != .CONNECT else {
      return .refusal(.error(.methodNotAllowed, code: "method_not_allowed", message: "This is no proxy", headers: [.allow: "GET"]))
    }
    guard Self.becomeOriginForm(&head) else {
      return .refusal(.error(.badRequest, code: "invalid_target", message: "The request's target is no path"))
    }
    guard isWebSocketPath(Self.path(of: head.uri)) else { return .plain(head) }
    switch ServerHandshake.judge(head) {
    case .success(let handshake): return .handshake(head, handshake)
    case .failure(let refusal): return .refusal(refusal.reply)
    }
  }

  private static func path(of uri: String) -> Substring {
    uri[..<(uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? uri.endIndex)]
  }

  /// Turns `http://host/path` into the path, and its host into the `Host` field (RFC 9112 section 3.2.2). False where it names no host.
  private static func becomeOriginForm(_ head: inout HTTPRequestHead) -> Bool {
    let uri = head.uri.utf8
    if uri.first == UInt8(ascii: "/") || (head.method == .OPTIONS && head.uri == "*") { return true }
    let scheme = head.uri.prefix(8).lowercased()
    guard let skipped = scheme.hasPrefix("http://") ? 7 : scheme == "https://" ? 8 : nil else { return false }
    let rest = uri.dropFirst(skipped)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    let host = String(decoding: authority, as: UTF8.self)
    guard !authority.isEmpty, isHost(host) else { return false }
    let target = String(decoding: rest.dropFirst(authority.count), as: UTF8.self)
    head.uri = target.hasPrefix("/") ? target : "/" + target
    head.headers.replaceOrAdd(name: "host", value: host)
    return true
  }

  /// Returns true for a host with or without a port (RFC 3986 section 3.2.2), and for an empty field.
  private static func isHost(_ text: String) -> Bool {
    if text.isEmpty { return true }
    let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":") ?? text.endIndex
    guard let end, end != text.startIndex, text[..<end].hasPrefix("[") ? isAddress(text[..<end]) : isName(text[..<end]) else {
      return false
    }
    return end == text.endIndex || isPort(text[end...])
  }

  private static func isName(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-._~%".utf8.contains(byte)
      }
    }
  }

  /// An IPv6 address in brackets, with or without a zone.
  private static func isAddress(_ text: Substring) -> Bool {
    let inner = text.dropFirst().dropLast()
    guard let zone = inner.firstIndex(of: "%") else { return (try? SocketAddress(ipAddress: String(inner), port: 0))?.protocol == .inet6 }
    return isName(inner[zone...]) && (try? SocketAddress(ipAddress: String(inner[..<zone]), port: 0))?.protocol == .inet6
  }

  /// A colon, and no more than 65535 or nothing.
  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.dropFirst()
    return text.first == ":" && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      && (digits.isEmpty || UInt16(digits) != nil)
  }
}

extension HTTPReply {
  static let strayBytes = HTTPReply.error(
    .badRequest, code: "invalid_handshake", message: "Nothing may follow a handshake before its answer")
  static let notHTTP = HTTPReply.error(.badRequest, code: "bad_request", message: "Not HTTP/1.1")
  static let tooManyRequests = HTTPReply.error(
    .tooManyRequests, code: "too_many_requests", message: "Too many requests at once on one connection", headers: [.retryAfter: "1"])
}
