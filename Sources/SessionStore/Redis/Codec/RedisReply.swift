public import NIOCore

/// Reply of Redis to a command.
public enum RedisReply: Sendable, Equatable {
  /// A simple string, such as `OK`.
  case status(String)
  /// A bulk string.
  case bulk(ByteBuffer)
  /// A number.
  case integer(Int64)
  /// An array of replies.
  case array([RedisReply])
  /// An error reply.
  case error(RedisErrorReply)
  /// No value.
  case null

  /// The text of a status or a bulk string.
  public var string: String? {
    switch self {
    case .status(let text): text
    case .bulk(let buffer): String(buffer: buffer)
    case .integer, .array, .error, .null: nil
    }
  }

  /// Number of an integer reply, else nil.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// Elements of an array reply, else nil.
  public var array: [RedisReply]? { if case .array(let elements) = self { elements } else { nil } }
}

/// An error that Redis answers with: a code in capitals and a text, `WRONGTYPE Operation against a key …`.
public struct RedisErrorReply: Sendable, Hashable, CustomStringConvertible {
  /// First word of an error reply. An open set.
  public struct Code: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    /// The slot is on the way to another node; ask there once.
    public static let ask: Self = "ASK"
    /// A script runs for too long.
    public static let busy: Self = "BUSY"
    /// The cluster does not serve the slot.
    public static let clusterDown: Self = "CLUSTERDOWN"
    /// The server reads its data into memory.
    public static let loading: Self = "LOADING"
    /// The link to the master is down.
    public static let masterDown: Self = "MASTERDOWN"
    /// The keys are on different nodes.
    public static let crossSlot: Self = "CROSSSLOT"
    /// The server cannot save and refuses writes.
    public static let misconfigured: Self = "MISCONF"
    /// The slot belongs to another node.
    public static let moved: Self = "MOVED"
    /// A login is required.
    public static let noAuthentication: Self = "NOAUTH"
    /// The user lacks a right.
    public static let noPermission: Self = "NOPERM"
    /// Too few replicas for a write.
    public static let noReplicas: Self = "NOREPLICAS"
    /// The script is not known to the server.
    public static let noScript: Self = "NOSCRIPT"
    /// The server's memory is full.
    public static let outOfMemory: Self = "OOM"
    /// The server is a replica.
    public static let readOnly: Self = "READONLY"
    /// The keys are on their way between two nodes.
    public static let tryAgain: Self = "TRYAGAIN"
    /// The user or the password is wrong.
    public static let wrongPassword: Self = "WRONGPASS"
    /// The key holds another type of value.
    public static let wrongType: Self = "WRONGTYPE"
  }

  /// First word of the reply.
  public let code: Code
  /// All of it, with the code.
  public let description: String

  /// Creates a Redis error reply.
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

  /// True when the server as a whole cannot be used now, as every refusal says that is not about one key or value, or the gateway's own
  /// fault: servers, and what stands before them, refuse in words of their own. A node that passes a key on comes here only where that led
  /// nowhere.
  var isOutage: Bool {
    switch code {
    case .wrongType, .crossSlot, .noScript: false
    default: !Self.ofOneCommand.contains { description.contains($0) }
    }
  }

  /// True where this user may not give the command, or the server was told not to know it.
  var forbidsCommand: Bool { code == .noPermission || description.hasPrefix("ERR unknown command") }

  /// True where the server tells of its own state by a code, and not of the command.
  var tellsState: Bool {
    switch code {
    case .loading, .busy, .masterDown, .readOnly, .clusterDown, .tryAgain, .outOfMemory, .misconfigured, .noReplicas, .moved, .ask,
      .noAuthentication, .wrongPassword:
      true
    default: description.hasPrefix("ERR max number of c")
    }
  }

  /// True where it is known that the server refuses as a whole: by a code that tells its state, or for a right that is missing.
  var isOfServer: Bool { tellsState || forbidsCommand }

  /// Texts, without a code of their own, about one command: what a key holds, a value that is too large, or a script that is at fault.
  private static let ofOneCommand = [
    "WRONGTYPE ", "CROSSSLOT ", "wrong number of arguments", "Wrong number of args", "is not an integer", "is not a valid float",
    "exceeds maximum allowed size", "max request size exceeded", "invalid expire time", "compiling script",
    "attempted to access", "attempt to index", "attempt to call", "attempt to compare", "attempt to perform", "attempt to concatenate",
    "bad argument #",
  ]
}
