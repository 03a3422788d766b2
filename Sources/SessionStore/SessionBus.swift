public import VoiceCore

/// Tells all instances what happened to a session, so that the one where it runs can end it.
public protocol SessionBus: Sendable {
  /// Reaches every subscriber of every instance, this one's too.
  ///
  /// - Returns: how many other instances hear it; nil where that is not known.
  @discardableResult func publish(_ notice: SessionNotice) async throws -> Int?
  /// A subscription of its own for each call, from this moment on. Ends when nobody reads it any more.
  func events() -> AsyncStream<SessionBusEvent>
  /// Whether other instances can be reached now.
  var spansInstances: Bool { get }
}

public enum SessionBusEvent: Sendable, Hashable {
  case notice(SessionNotice)
  /// Notices may have been missed: what should have ended must be looked up in the store.
  case mayHaveMissed
}

/// What happened to a session.
public struct SessionNotice: Sendable, Hashable, Codable {
  /// An open set: who does not know a kind passes it over.
  public struct Kind: Sendable, Hashable, RawRepresentable, Codable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It was deleted: `session_ended`.
    public static let ended = Kind(rawValue: "ended")
    /// It goes on with a newer connection: `session_replaced`.
    public static let replaced = Kind(rawValue: "replaced")
    /// Heard that it goes on elsewhere, and does not run it.
    public static let absent = Kind(rawValue: "absent")
    /// Heard that it goes on elsewhere, and is about to let it go.
    public static let leaving = Kind(rawValue: "leaving")
    /// It is let go, and what was said is stored.
    public static let left = Kind(rawValue: "left")
  }

  public var session: SessionID
  public var kind: Kind
  /// Names the instance that says so, which is not meant itself.
  public var origin: String

  public init(session: SessionID, kind: Kind, origin: String) {
    self.session = session
    self.kind = kind
    self.origin = origin
  }

  private enum CodingKeys: String, CodingKey { case session, kind, origin }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard let id = SessionID(try container.decode(String.self, forKey: .session)) else {
      throw DecodingError.dataCorruptedError(forKey: .session, in: container, debugDescription: "no session id")
    }
    session = id
    kind = Kind(rawValue: try container.decode(String.self, forKey: .kind))
    origin = try container.decode(String.self, forKey: .origin)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(session.rawValue, forKey: .session)
    try container.encode(kind.rawValue, forKey: .kind)
    try container.encode(origin, forKey: .origin)
  }
}
