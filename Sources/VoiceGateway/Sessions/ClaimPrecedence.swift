/// Verdict on a session that another instance asks for: which of the two clients arrived later.
enum ClaimPrecedence: Equatable {
  /// The one that asks is the later, or nothing is known to the contrary.
  case givesWay
  /// The session goes on here, for a client that arrived later, at this time of the store.
  case stays(arrival: Int64)
  /// The one here is on its way, and may be the later: which of the two it is the store decides.
  case undecided
  /// A client moved in of late: the store's clock has to be read first.
  case unknown

  /// Longest time that a connection is on its way before it asks.
  private static let lately = Duration.seconds(30)

  /// - Parameters:
  ///   - isRunning: the relay here has the session.
  ///   - arrival: of the connection here, by the store's clock; nil where it began the session, or has not asked the store yet.
  ///   - movedAt: when the connection arrived whose client went on in it.
  ///   - asker: arrival of the one that asks; zero where its release does not tell.
  init(
    isRunning: Bool, arrival: Int64?, movedAt: ContinuousClock.Instant?, against asker: Int64, by reading: StoreClockReading?,
    now: ContinuousClock.Instant
  ) {
    var own = arrival
    if asker != 0, let movedAt, now - movedAt < Self.lately {
      guard let reading else {
        self = .unknown
        return
      }
      own = reading.time(of: movedAt)
    }
    if asker == 0 {
      self = .givesWay
    } else if isRunning {
      self = own.flatMap { $0 > asker ? .stays(arrival: $0) : nil } ?? .givesWay
    } else {
      self = own.map { $0 < asker } == true ? .givesWay : .undecided
    }
  }
}
