public import VoiceCore

/// User of a session, and the connection that runs it.
public struct SessionTenure: Sendable, Hashable {
  public var user: String
  /// Nil: no connection runs it now.
  public var owner: SessionOwner?

  public init(user: String, owner: SessionOwner?) {
    self.user = user
    self.owner = owner
  }
}

/// A session that was taken over.
public struct TakenSession: Sendable, Equatable {
  public var session: StoredSession
  public var owner: SessionOwner
  /// Owner before, where it had not left; it is to be told.
  public var previous: SessionOwner?

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

  public init(_ description: String) { self.description = description }
}
