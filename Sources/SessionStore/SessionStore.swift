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
  /// Makes the claimant the owner of a session and reads it, in one step. The previous owner is not notified.
  ///
  /// A session that a later connection owns by then is not given: of one instance the number tells which is later, of two the arrival. Of
  /// two that arrived together the one that takes later has it.
  func take(_ id: SessionID, by claim: SessionClaim) async throws -> SessionTaking
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
  /// Takes a session for a connection of `instance` that arrives now; nil where there is none.
  public func take(_ id: SessionID, by instance: String) async throws -> TakenSession? {
    guard case .taken(let taken) = try await take(id, by: SessionClaim(instance: instance)) else { return nil }
    return taken
  }

  /// Saves a session that no connection owns.
  @discardableResult public func save(_ session: StoredSession) async throws -> SessionStanding { try await save(session, as: nil) }

  /// True while the session is still there.
  @discardableResult public func touch(_ id: SessionID) async throws -> Bool { try await touch(id, as: nil) == .kept }
}
