/// The connection that runs a session: the instance that it is on, and a number that grows with each connection that takes the session
/// over. Of two owners the one with the greater generation is the newer, and what an older one writes does not count any more.
public struct SessionOwner: Sendable, Hashable {
  /// Name of the instance that runs the session.
  public var instance: String
  /// Number of the connection; a later one of the same session is greater.
  public var generation: Int64

  /// Creates a session owner.
  public init(instance: String, generation: Int64) {
    self.instance = instance
    self.generation = generation
  }

  /// True when another owner came after this one. Of two with one generation, which a store that lost its data may give, the one that
  /// stands stays.
  public func isSuperseded(by standing: SessionOwner) -> Bool {
    standing.generation > generation || (standing.generation == generation && standing.instance != instance)
  }
}
