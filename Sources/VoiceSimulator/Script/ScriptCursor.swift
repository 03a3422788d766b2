/// Position in the script: its lines go to turns of the conversation one after the other, over and over.
struct ScriptCursor {
  private let script: [SimulatorTurn]
  private var next = 0

  init(_ script: [SimulatorTurn]) { self.script = script }

  /// The user speaks: the next line is what is said.
  mutating func userSpoke() -> SimulatorTurn? {
    guard !script.isEmpty else { return nil }
    defer { next = (next + 1) % script.count }
    return script[next]
  }

  /// The user writes: the line that says the same, else the next one unless it has other words for the user.
  mutating func userWrote(_ text: String) -> SimulatorTurn? {
    guard !script.isEmpty else { return nil }
    let words = Words.normal(text)
    if let index = script.indices.first(where: { script[$0].user.map(Words.normal) == words }) {
      next = (index + 1) % script.count
      return script[index]
    }
    return script[next].user == nil ? userSpoke() : nil
  }

  /// An answer is wanted though the user said nothing: the next line, if it is one without a user.
  mutating func lineWithoutUser() -> SimulatorTurn? {
    guard !script.isEmpty, script[next].user == nil else { return nil }
    return userSpoke()
  }

  /// Line whose user says the same, for a response outside the conversation. The position does not move.
  func line(saying text: String) -> SimulatorTurn? {
    let words = Words.normal(text)
    return script.first { $0.user.map(Words.normal) == words }
  }
}
