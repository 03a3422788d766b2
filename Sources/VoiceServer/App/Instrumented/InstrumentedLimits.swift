import RateLimiting
import VoiceCore

/// A limiter whose operations are timed.
struct InstrumentedRateLimiter: RateLimiter {
  let limiter: any RateLimiter
  let instruments: StoreInstruments

  func admit(user: String, session: SessionID) async throws -> RateDecision {
    try await instruments(.admit) { try await limiter.admit(user: user, session: session) }
  }
  func refund(user: String, session: SessionID) async throws {
    try await instruments(.refund) { try await limiter.refund(user: user, session: session) }
  }
  func reset(user: String) async throws { try await instruments(.reset) { try await limiter.reset(user: user) } }
}

/// Leases whose operations are timed.
struct InstrumentedSessionLeases: SessionLeases {
  let leases: any SessionLeases
  let instruments: StoreInstruments

  func acquire(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseAnswer {
    try await instruments(.acquire) { try await leases.acquire(user: user, session: session, owner: owner) }
  }
  func renew(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseStanding {
    try await instruments(.renew) { try await leases.renew(user: user, session: session, owner: owner) }
  }
  func release(user: String, session: SessionID, owner: SessionOwner) async throws {
    try await instruments(.release) { try await leases.release(user: user, session: session, owner: owner) }
  }
}
