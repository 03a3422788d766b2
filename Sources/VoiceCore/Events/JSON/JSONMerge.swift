import NIOCore

/// Puts one `session` object on top of another, as `session.update` does: only members that are present change.
///
/// The objects that hold groups of settings (`audio`, `audio.input`, `audio.output`) are merged; every other value is replaced whole, because
/// it may be of another kind than the one before: `turn_detection`, `format`, `transcription`, `tool_choice`.
enum JSONMerge {
  /// `base` with `change` on top; each is the text of an object, or nil for none. A change that is no object changes nothing.
  static func merged(_ base: String?, with change: String?) -> String? {
    guard let change else { return base }
    let above = ByteBuffer(string: change)
    guard let base else { return above.withJSON { _ in change } }
    let below = ByteBuffer(string: base)
    return above.withJSON { above in below.withJSON { below in merge(below, above, .session) } } ?? base
  }

  /// Members of an object that are groups of settings themselves.
  private enum Level {
    case session, audio, settings

    func below(_ name: String) -> Level? {
      switch (self, name) {
      case (.session, "audio"): .audio
      case (.audio, "input"), (.audio, "output"): .settings
      default: nil
      }
    }
  }

  /// Three levels at the most.
  private static func merge(_ below: JSONView, _ above: JSONView, _ level: Level) -> String {
    guard below.isObject, above.isObject else { return above.json }
    var members: [(key: String, value: String)] = []
    var places: [String: Int] = [:]
    func put(_ view: JSONView, _ key: Range<Int>, _ value: JSONView) {
      let name = view.text(key)
      guard let place = places[name] else {
        places[name] = members.count
        return members.append((view.rawText(key), value.json))
      }
      if let inner = level.below(name) {
        members[place].value = ByteBuffer(string: members[place].value).withJSON { merge($0, value, inner) } ?? value.json
      } else {
        members[place].value = value.json
      }
    }
    below.forEachMember { put(below, $0, $1) }
    above.forEachMember { put(above, $0, $1) }
    return "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }
}
