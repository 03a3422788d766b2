import VoiceCore

extension String {
  /// Compares user ids by bytes, since `==` takes `é` and `e` with an accent for the same.
  package func isSameUser(as other: String?) -> Bool { other.map(hasSameBytes) ?? false }
}
