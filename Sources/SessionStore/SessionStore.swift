public import VoiceCore

/// Keeps sessions so that they can go on after a restart or on another instance.
///
/// A stored session expires by itself after the store's time to live; `save` and `touch` start that time again. It has at most one
/// owner, the connection that runs it: what an older owner writes is not taken.
public protocol SessionStore: Sendable {
  /// Writes the session for its owner, unless it was deleted or a newer owner took it over. Nil: for no owner.
  @discardableResult func save(_ session: StoredSession, as owner: SessionOwner?) async throws -> SessionStanding
  /// Reads a session; nil where there is none.
  ///
  /// - Throws: ``UnreadableSession`` for one that is damaged, or of a release that is not known here.
  func load(_ id: SessionID) async throws -> StoredSession?
  /// Names the user of a session and the connection that runs it, also where the session itself cannot be read any more.
  func tenure(of id: SessionID) async throws -> SessionTenure?
  /// Makes `instance` the owner of a session and reads it, in one step; nil where there is none. The previous owner is not notified.
  ///
  /// - Parameters:
  ///   - id: session to take.
  ///   - instance: name of the instance that takes it.
  ///   - claim: grows with each of the instance's claims. One that comes after a later claim of the same instance, which owns the session
  ///     by then, takes nothing and gets nil.
  func take(_ id: SessionID, by instance: String, claim: Int64) async throws -> TakenSession?
  /// Starts the time to live again.
  @discardableResult func touch(_ id: SessionID, as owner: SessionOwner?) async throws -> SessionStanding
  /// Ends a connection's ownership, where it still has it; `forgets`: the session goes too, without a trace.
  func leave(_ id: SessionID, as owner: SessionOwner, forgets: Bool) async throws
  /// Forgets a session for good: a save that comes late does not bring it back. True when there was such a session.
  @discardableResult func delete(_ id: SessionID) async throws -> Bool
  /// A user's sessions that have not expired, oldest first.
  func sessions(of user: String) async throws -> [SessionID]
}

extension SessionStore {
  /// Takes a session for an instance that has no other claims to it.
  public func take(_ id: SessionID, by instance: String) async throws -> TakenSession? {
    try await take(id, by: instance, claim: .max >> 10)
  }

  /// Saves a session that no connection owns.
  @discardableResult public func save(_ session: StoredSession) async throws -> SessionStanding { try await save(session, as: nil) }

  /// True while the session is still there.
  @discardableResult public func touch(_ id: SessionID) async throws -> Bool { try await touch(id, as: nil) == .kept }
}
