import RateLimiting
import Synchronization
import VoiceCore

/// One sliding window asked for one session: 16 users in turn, a session a second, so that each has three or four in the window.
enum LimiterChecks {
  private static let seconds = Atomic<Int64>(0)

  static func run(_ count: Int) {
    let limiter = MemoryRateLimiter(limit: 5, window: .seconds(60)) {
      UnixTime(seconds: seconds.wrappingAdd(1, ordering: .relaxed).newValue)
    }
    let users = (0..<16).map { "user-\($0)" }
    var generator = SystemRandomNumberGenerator()
    let sessions = (0..<64).map { _ in SessionID(using: &generator) }
    OneThread().run {
      for index in 0..<count {
        let decision = await limiter.admit(user: users[index % 16], session: sessions[index % 64])
        precondition(decision.isAllowed)
      }
    }
  }
}
