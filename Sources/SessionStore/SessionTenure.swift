public import VoiceCore

/// User of a session, and the connection that runs it.
public struct SessionTenure: Sendable, Hashable {
  /// User of the session.
  public var user: String
  /// Connection that runs it; nil when none does now.
  public var owner: SessionOwner?
  /// The store's clock when it was asked, in microseconds; nil where it cannot be told. Never tells the same twice, or less than before.
  public var time: Int64?

  /// Creates a session tenure.
  public init(user: String, owner: SessionOwner?, time: Int64? = nil) {
    self.user = user
    self.owner = owner
    self.time = time
  }
}

/// A session that was taken over.
public struct TakenSession: Sendable, Equatable {
  /// The session as it was stored.
  public var session: StoredSession
  /// Owner from now on.
  public var owner: SessionOwner
  /// Owner before, where it had not left; it is to be told.
  public var previous: SessionOwner?

  /// Creates a taken session.
  public init(session: StoredSession, owner: SessionOwner, previous: SessionOwner? = nil) {
    self.session = session
    self.owner = owner
    self.previous = previous
  }
}

/// A stored session that cannot be read: it is damaged, or of a release that is not known here.
public struct UnreadableSession: Error, Sendable, Equatable, CustomStringConvertible {
  /// Holds nothing of the content.
  public var description: String

  /// Creates an error with a description that holds nothing of the content.
  public init(_ description: String) { self.description = description }
}
