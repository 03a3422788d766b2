import RateLimiting
import VoiceCore

/// A limiter whose operations are timed.
struct MeasuredRateLimiter: RateLimiter {
  let limiter: any RateLimiter
  let measured: Measured

  func admit(user: String, session: SessionID) async throws -> RateDecision {
    try await measured(.admit) { try await limiter.admit(user: user, session: session) }
  }
  func refund(user: String, session: SessionID) async throws {
    try await measured(.refund) { try await limiter.refund(user: user, session: session) }
  }
  func reset(user: String) async throws { try await measured(.reset) { try await limiter.reset(user: user) } }
}

/// Leases whose operations are timed.
struct MeasuredSessionLeases: SessionLeases {
  let leases: any SessionLeases
  let measured: Measured

  func acquire(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseAnswer {
    try await measured(.acquire) { try await leases.acquire(user: user, session: session, owner: owner) }
  }
  func renew(user: String, session: SessionID, owner: SessionOwner) async throws -> LeaseStanding {
    try await measured(.renew) { try await leases.renew(user: user, session: session, owner: owner) }
  }
  func release(user: String, session: SessionID, owner: SessionOwner) async throws {
    try await measured(.release) { try await leases.release(user: user, session: session, owner: owner) }
  }
}
