/// The members of one object, found in one walk. Valid inside of ``ByteBuffer/withJSON(_:)`` only.
struct JSONFields {
  private let view: JSONView
  private var members: [(key: Range<Int>, value: JSONView)] = []

  init(_ view: JSONView) {
    self.view = view
    // As many as a session's object has: growing to them costs more than the memory.
    members.reserveCapacity(16)
    view.forEachMember { members.append(($0, $1)) }
  }

  /// The last member of this name, as most parsers take it; nil where there is none.
  subscript(_ name: StaticString) -> JSONView? { members.last { view.isKey($0.key, name) }?.value }

  /// The members of an object inside; empty where there is none.
  func object(_ name: StaticString) -> JSONFields? { self[name].map { JSONFields($0) } }

  /// True if one of these names stands more than once: parsers do not agree on which one counts.
  func repeats(_ names: [StaticString]) -> Bool {
    names.contains { name in members.count { view.isKey($0.key, name) } > 1 }
  }
}
