public import VoiceCore

/// Tells all instances what happened to a session, so that the one where it runs can end it.
public protocol SessionBus: Sendable {
  /// Name of this instance, by which others reach it.
  var instance: String { get }
  /// Reaches every subscriber of every instance, this one's too.
  func publish(_ notice: SessionMessage) async throws
  /// Reaches one instance alone.
  ///
  /// - Returns: false where it is known that there is no such instance; nil where that is not known.
  @discardableResult func send(_ notice: SessionMessage, to instance: String) async throws -> Bool?
  /// Subscribes from this moment on. The subscription ends with its stream.
  func events() -> AsyncStream<SessionBusEvent>
  /// True if other instances can be reached.
  var spansInstances: Bool { get }
}

/// Event on the bus.
public enum SessionBusEvent: Sendable, Hashable {
  /// Another instance sent a notice.
  case notice(SessionMessage)
  /// Notices may have been missed: what should have ended must be looked up in the store.
  case mayHaveMissed
}

/// Message about a session to another instance, or to all of them.
public struct SessionMessage: Sendable, Hashable, Codable {
  /// An open set: an instance that does not know a kind passes it over.
  public struct Kind: Sendable, Hashable, RawRepresentable, Codable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The session was deleted: `session_ended`.
    public static let ended = Kind(rawValue: "ended")
    /// A newer owner took it over: `session_replaced`.
    public static let replaced = Kind(rawValue: "replaced")
    /// A request to store the session and let it go, since a newer connection waits for it.
    public static let handOver = Kind(rawValue: "hand_over")
    /// A request to end the session if its client is disconnected, since a new one of the same user needs its place.
    public static let makeRoom = Kind(rawValue: "make_room")
    /// The answer that there is nothing to wait for.
    public static let absent = Kind(rawValue: "absent")
    /// The answer that the session goes on here, for a client that arrived after the one that asks for it.
    public static let stays = Kind(rawValue: "stays")
    /// The answer that the session is being let go.
    public static let leaving = Kind(rawValue: "leaving")
    /// The reply that it has ended and is stored.
    public static let left = Kind(rawValue: "left")
  }

  /// Session that the notice is about.
  public var session: SessionID
  /// Meaning of the notice.
  public var kind: Kind
  /// Names the instance that says so.
  public var origin: String
  /// Generation of the newer owner, for ``Kind/replaced``; every older one is meant. Zero: all are.
  public var generation: Int64
  /// Arrival of the client that asks, for ``Kind/handOver``, or of the one that has the session, for ``Kind/stays``; in microseconds of the
  /// store's clock. Zero: not known.
  public var arrival: Int64

  /// Creates a session notice.
  public init(session: SessionID, kind: Kind, origin: String, generation: Int64 = 0, arrival: Int64 = 0) {
    self.session = session
    self.kind = kind
    self.origin = origin
    self.generation = generation
    self.arrival = arrival
  }

  private enum CodingKeys: String, CodingKey { case session, kind, origin, generation, arrival }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard let id = SessionID(try container.decode(String.self, forKey: .session)) else {
      throw DecodingError.dataCorruptedError(forKey: .session, in: container, debugDescription: "no session id")
    }
    session = id
    kind = Kind(rawValue: try container.decode(String.self, forKey: .kind))
    origin = try container.decode(String.self, forKey: .origin)
    generation = try container.decodeIfPresent(Int64.self, forKey: .generation) ?? 0
    arrival = try container.decodeIfPresent(Int64.self, forKey: .arrival) ?? 0
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(session.rawValue, forKey: .session)
    try container.encode(kind.rawValue, forKey: .kind)
    try container.encode(origin, forKey: .origin)
    if generation != 0 { try container.encode(generation, forKey: .generation) }
    if arrival != 0 { try container.encode(arrival, forKey: .arrival) }
  }
}
