/// Bounds of one event's JSON text: nesting, values and bytes.
///
/// Every walk of the relay is linear, so these bound the work of one event, and what of it is kept.
public struct EventLimits: Sendable, Equatable {
  /// Objects and arrays within each other, the event itself included.
  public var depth: Int
  /// Members of all objects and elements of all arrays, counted by their commas.
  public var values: Int
  /// Limit of every event other than those that carry audio or images.
  public var bytes: Int

  /// Creates event limits.
  public init(depth: Int = 64, values: Int = 16_384, bytes: Int = 1_048_576) {
    self.depth = depth
    self.values = values
    self.bytes = bytes
  }

  /// Bounds of upstream's events, wide enough for the echo of whatever a client may send.
  package static let upstream = EventLimits(depth: 256, values: 1_048_576, bytes: 67_108_864)
}
