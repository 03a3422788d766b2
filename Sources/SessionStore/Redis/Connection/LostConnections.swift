import Synchronization

/// Number of connections that were lost after they had greeted. The server behind the next one may have less than it had.
final class LostConnections: Sendable {
  private let number = Atomic<Int>(0)

  var count: Int { number.load(ordering: .acquiring) }
  func lost() { number.add(1, ordering: .acquiringAndReleasing) }
}
