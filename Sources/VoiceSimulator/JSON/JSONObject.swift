/// The members of a JSON object in their order. Objects of this protocol are small: a name is found by looking at each.
struct JSONObject: Sendable {
  private(set) var members: [(name: String, value: JSON)] = []

  /// The last of equal names wins, in the place of the first.
  init(_ members: [(String, JSON)]) {
    self.members.reserveCapacity(members.count)
    // A hostile object may have very many: looking at each for each would take its time.
    guard members.count > 64 else {
      for (name, value) in members { self[name] = value }
      return
    }
    var places: [String: Int] = [:]
    for (name, value) in members {
      if let place = places[name] {
        self.members[place].value = value
      } else {
        places[name] = self.members.count
        self.members.append((name, value))
      }
    }
  }

  var names: [String] { members.map(\.name) }
  var isEmpty: Bool { members.isEmpty }
  var count: Int { members.count }

  /// Writing nil removes the member.
  subscript(_ name: String) -> JSON? {
    get { members.first { $0.name == name }?.value }
    set {
      let place = members.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
    }
  }

  /// Adds the other's members behind these; a name that is here already keeps its place and takes the other's value.
  func adding(_ other: JSONObject) -> JSONObject {
    var result = self
    for (name, value) in other.members { result[name] = value }
    return result
  }
}

extension JSONObject: Equatable {
  /// Order is no part of the meaning.
  static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
