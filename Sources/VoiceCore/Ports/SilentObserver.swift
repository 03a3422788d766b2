/// An observer that passes everything over.
public struct SilentObserver: RelayObserver {
  /// Creates a silent observer.
  public init() {}
  public func observed(_ event: RelayEvent, in session: SessionContext) {}
}
