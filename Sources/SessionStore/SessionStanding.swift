/// State of a stored session as one of its owners finds it.
public enum SessionStanding: String, Sendable, Hashable {
  /// The session is still this owner's.
  case kept
  /// It is not stored: it expired, made room for others, or was never saved.
  case missing
  /// A newer owner took it over.
  case replaced
  /// It was deleted.
  case deleted
}
