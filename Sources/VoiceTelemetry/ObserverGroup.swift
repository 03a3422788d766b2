public import VoiceCore

/// Several observers as one. What crosses, reported once a read loop, goes to the first alone.
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
    if case .traffic = event { return }
    for other in others { other.observed(event, in: session) }
  }
}
