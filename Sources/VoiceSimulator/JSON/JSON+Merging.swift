extension JSON {
  /// Merges an update into a value: objects member by member, all else is replaced.
  ///
  /// - Parameter whole: dotted paths of objects that are replaced as a whole too.
  func merged(with change: JSON, whole: Set<String> = [], at path: String = "") -> JSON {
    guard case .object(var members) = self, case .object(let changes) = change, !whole.contains(path) else { return change }
    for (name, value) in changes.members {
      members[name] = members[name]?.merged(with: value, whole: whole, at: path.isEmpty ? name : "\(path).\(name)") ?? value
    }
    return .object(members)
  }
}
