import NIOCore
import Testing

@testable import SessionStore

/// What becomes of a command after an attempt, with time moved by hand.
struct RedisAttemptsTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  private func attempts(_ number: Int, within timeout: TimeAmount = .milliseconds(250), isIdempotent: Bool = true) -> RedisAttempts {
    var retry = RedisConfiguration.Retry()
    retry.maximumAttempts = number
    return RedisAttempts(retry, deadline: start + timeout, isIdempotent: isIdempotent)
  }

  private func reply(_ text: String) -> Result<RedisReply, RedisError> { .success(.error(RedisErrorReply(text))) }

  @Test func `retries end with the deadline, also when more attempts are left`() {
    var attempts = attempts(.max)
    var now = start
    var delays: [Duration] = []
    while case .again(let delay, .none) = attempts.ended(reply("LOADING not now"), at: now, jitter: 1) {
      delays.append(delay)
      now = now + TimeAmount(delay)
    }
    // The next one, after 160 ms, would come at 300 ms.
    #expect(delays == [.milliseconds(20), .milliseconds(40), .milliseconds(80)])
    #expect(now < start + .milliseconds(250))
  }

  @Test func `retries end with their number, also when there is time left`() {
    var attempts = attempts(3, within: .hours(1))
    #expect(attempts.ended(reply("BUSY not now"), at: start, jitter: 0.5) == .again(after: .milliseconds(10), .none))
    #expect(attempts.ended(reply("BUSY not now"), at: start, jitter: 0.5) == .again(after: .milliseconds(20), .none))
    #expect(attempts.ended(reply("BUSY not now"), at: start, jitter: 0.5) == .failed)
  }

  @Test(arguments: [
    ("LOADING", RedisAttempts.Hint.none), ("TRYAGAIN", .none), ("READONLY", .serverChanged), ("MASTERDOWN", .serverChanged),
  ])
  func `what Redis did not run is sent again, idempotent or not`(code: String, hint: RedisAttempts.Hint) {
    var attempts = attempts(3, isIdempotent: false)
    #expect(attempts.ended(reply("\(code) no"), at: start, jitter: 1) == .again(after: .milliseconds(20), hint))
  }

  @Test(arguments: [false, true]) func `what may have run is sent again only where twice is as good as once`(isIdempotent: Bool) {
    var attempts = attempts(3, isIdempotent: isIdempotent)
    let lost = RedisError(.connectionLost, "reset", mayHaveRun: true)
    #expect(
      attempts.ended(.failure(lost), at: start, jitter: 1)
        == (isIdempotent ? .again(after: .milliseconds(20), .serverChanged) : .failed))
  }

  @Test(arguments: [false, true]) func `what was never sent is sent again in any case`(isIdempotent: Bool) {
    var attempts = attempts(3, isIdempotent: isIdempotent)
    let lost = RedisError(.unreachable, "refused")
    #expect(attempts.ended(.failure(lost), at: start, jitter: 1) == .again(after: .milliseconds(20), .serverChanged))
  }

  @Test func `a deadline that passed is the end`() {
    var attempts = attempts(3)
    #expect(attempts.ended(.failure(RedisError(.timedOut, "late", mayHaveRun: true)), at: start, jitter: 0) == .failed)
  }

  @Test func `redirections are followed at once, and not for ever`() {
    var attempts = attempts(3)
    let there = RedisEndpoint(host: "10.0.0.7", port: 6_381)
    #expect(attempts.ended(reply("MOVED 3999 10.0.0.7:6381"), at: start, jitter: 1) == .redirected(there, slot: 3_999, isAsking: false))
    #expect(attempts.ended(reply("ASK 3999 10.0.0.7:6381"), at: start, jitter: 1) == .redirected(there, slot: 3_999, isAsking: true))
    let here = RedisEndpoint(host: "", port: 6_381)
    for _ in 0..<3 {
      #expect(attempts.ended(reply("MOVED 3999 :6381"), at: start, jitter: 1) == .redirected(here, slot: 3_999, isAsking: false))
    }
    #expect(attempts.ended(reply("MOVED 3999 10.0.0.7:6381"), at: start, jitter: 1) == .failed)
  }

  @Test(arguments: [
    "MOVED", "MOVED x 10.0.0.7:6381", "MOVED 16384 10.0.0.7:6381", "MOVED 1 nowhere", "ASK 1 10.0.0.7:0", "MOVED 1 h:65536",
  ])
  func `a redirection that makes no sense is the end`(text: String) {
    var attempts = attempts(3)
    #expect(attempts.ended(reply(text), at: start, jitter: 1) == .failed)
  }

  @Test func `any other error is the answer`() {
    var attempts = attempts(3)
    #expect(attempts.ended(reply("WRONGTYPE no"), at: start, jitter: 1) == .answered)
    #expect(attempts.ended(.success(.null), at: start, jitter: 1) == .answered)
  }
}
