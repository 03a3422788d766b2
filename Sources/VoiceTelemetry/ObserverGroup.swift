public import VoiceCore

/// Several observers as one.
public struct ObserverGroup: RelayObserver {
  private let first: any RelayObserver
  private let others: [any RelayObserver]

  /// Creates a group that reports to each observer in turn.
  public init(_ first: any RelayObserver, _ others: [any RelayObserver]) {
    self.first = first
    self.others = others
  }

  public func observed(_ event: RelayEvent, in session: SessionContext) {
    first.observed(event, in: session)
    for other in others { other.observed(event, in: session) }
  }

  public func relayed(_ traffic: RelayTraffic, by session: SessionID) {
    first.relayed(traffic, by: session)
    for other in others { other.relayed(traffic, by: session) }
  }
}
