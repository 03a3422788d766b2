public import NIOCore

/// Reply of Redis to a command.
public enum RedisReply: Sendable, Equatable {
  case status(String)
  case bulk(ByteBuffer)
  case integer(Int64)
  case array([RedisReply])
  case error(RedisErrorReply)
  case null

  /// The text of a status or a bulk string.
  public var string: String? {
    switch self {
    case .status(let text): text
    case .bulk(let buffer): String(buffer: buffer)
    case .integer, .array, .error, .null: nil
    }
  }

  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  public var array: [RedisReply]? { if case .array(let elements) = self { elements } else { nil } }
}

/// An error that Redis answers with: a code in capitals and a text, `WRONGTYPE Operation against a key …`.
public struct RedisErrorReply: Sendable, Hashable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let ask: Self = "ASK"
    public static let busy: Self = "BUSY"
    public static let clusterDown: Self = "CLUSTERDOWN"
    public static let loading: Self = "LOADING"
    public static let masterDown: Self = "MASTERDOWN"
    public static let misconfigured: Self = "MISCONF"
    public static let moved: Self = "MOVED"
    public static let noAuthentication: Self = "NOAUTH"
    public static let noPermission: Self = "NOPERM"
    public static let noReplicas: Self = "NOREPLICAS"
    public static let noScript: Self = "NOSCRIPT"
    public static let outOfMemory: Self = "OOM"
    public static let readOnly: Self = "READONLY"
    public static let tryAgain: Self = "TRYAGAIN"
    public static let wrongPassword: Self = "WRONGPASS"
  }

  public let code: Code
  /// All of it, with the code.
  public let description: String

  public init(_ text: String) {
    code = Self.wrapped(in: text) ?? Code(rawValue: String(text.prefix { $0 != " " }))
    description = text
  }

  /// The code that a command inside a script was answered with, which servers before Redis 7 put inside an `ERR` of their own:
  /// `ERR Error running script (call to f_01): @user_script:7: @user_script: 7: -READONLY You can't write against a read only replica.`
  private static func wrapped(in text: String) -> Code? {
    guard text.hasPrefix("ERR Error ") else { return nil }
    for mark in text.ranges(of: ": -") {
      let word = text[mark.upperBound...].prefix { $0 != " " }
      if word.utf8.count >= 2, word.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
        return Code(rawValue: String(word))
      }
    }
    return nil
  }

  /// Whether the server as a whole cannot be used now: it is busy, read-only, full, or forbids what is needed of it.
  var isOutage: Bool {
    switch code {
    case .loading, .busy, .masterDown, .readOnly, .clusterDown, .tryAgain, .outOfMemory, .misconfigured, .noReplicas, .moved, .ask,
      .noPermission, .noAuthentication, .wrongPassword:
      true
    default: Self.unusable.contains { description.hasPrefix($0) }
    }
  }

  /// Texts of refusals that have no code of their own.
  private static let unusable = ["ERR max number of clients", "ERR unknown command", "ERR max number of connections"]
}
