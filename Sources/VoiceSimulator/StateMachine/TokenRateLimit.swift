import NIOCore

/// Tokens a minute, as `rate_limits.updated` tells them: what was used comes back bit by bit.
struct TokenRateLimit {
  let limit = 40_000
  private var used = 0.0
  private var countedAt: NIODeadline

  init(at now: NIODeadline) { countedAt = now }

  mutating func use(_ tokens: Int, at now: NIODeadline) {
    let seconds = Double((now - countedAt).nanoseconds) / 1e9
    countedAt = now
    used = min(Double(limit), max(0, used - seconds * Double(limit) / 60) + Double(tokens))
  }

  var json: JSON {
    let reset = used / Double(limit) * 60
    return [
      "name": "tokens", "limit": .int(limit), "remaining": .int(limit - Int(used.rounded(.up))),
      "reset_seconds": .double((reset * 1_000).rounded() / 1_000),
    ]
  }
}
