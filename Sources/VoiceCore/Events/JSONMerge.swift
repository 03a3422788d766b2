import NIOCore

/// Puts JSON objects on top of each other, as `session.update` does: only present members change, objects are merged, all else is replaced.
enum JSONMerge {
  /// `base` with `change` on top; each is the text of an object, or nil for none.
  static func merged(_ base: String?, with change: String?) -> String? {
    guard let base, let change else { return change ?? base }
    let buffers = (ByteBuffer(string: base), ByteBuffer(string: change))
    return buffers.0.withJSON { below in buffers.1.withJSON { above in merge(below, above) } } ?? change
  }

  private static func merge(_ below: JSONView, _ above: JSONView) -> String {
    guard below.isObject, above.isObject else { return above.json }
    var members: [(key: String, value: String)] = []
    below.forEachMember { key, value in members.append((text(below, key), value.json)) }
    above.forEachMember { key, value in
      let name = text(above, key)
      if let index = members.firstIndex(where: { $0.key == name }) {
        members[index].value = merged(members[index].value, value)
      } else {
        members.append((name, value.json))
      }
    }
    return "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  private static func merged(_ below: String, _ above: JSONView) -> String {
    ByteBuffer(string: below).withJSON { merge($0, above) } ?? above.json
  }

  /// A key as it stands between its quotation marks.
  private static func text(_ view: JSONView, _ key: Range<Int>) -> String { String(decoding: view.bytes[key], as: UTF8.self) }
}
