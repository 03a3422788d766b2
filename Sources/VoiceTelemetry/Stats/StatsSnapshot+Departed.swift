extension StatsSnapshot {
  /// Adds the figures of an instance that is gone: what it counted stays, what it had at the moment does not.
  package mutating func take(over departed: StatsSnapshot) {
    var other = departed
    other.active = 0
    other.opening = 0
    other.waiting = []
    // The figures of today are those of the later day.
    if other.day > day {
      other.merge(self)
      self = other
    } else {
      merge(other)
    }
  }
}
