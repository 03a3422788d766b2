/// Finds which signs of a text are emphasis (CommonMark 0.31, "An algorithm for parsing nested emphasis and links").
enum MarkdownEmphasis {
  /// A run of `*`, `_` or `~` that may begin or end emphasis.
  struct Delimiter {
    /// Number of the part of the text that it is.
    let part: Int
    let sign: Character
    /// Length as written.
    let length: Int
    /// Signs that belong to no emphasis, and are text.
    var left: Int
    let canOpen: Bool
    let canClose: Bool
  }

  /// Whatever decides which openers fit a closer: those that one of its kind found not to fit need no second look.
  private struct Kind: Hashable {
    let sign: Character
    let canOpen: Bool
    let remainder: Int
  }

  /// The delimiters of a text, in order, without the signs that begin or end emphasis.
  static func balanced(_ delimiters: [Delimiter]) -> [Delimiter] {
    var delimiters = delimiters
    var open: [Int] = []
    var floors: [Kind: Int] = [:]
    for closer in delimiters.indices {
      let kind = Kind(sign: delimiters[closer].sign, canOpen: delimiters[closer].canOpen, remainder: delimiters[closer].length % 3)
      while delimiters[closer].canClose, delimiters[closer].left > 0 {
        guard let place = open[(floors[kind] ?? 0)...].lastIndex(where: { fits(delimiters[$0], delimiters[closer]) }) else {
          floors[kind] = open.count
          break
        }
        let opener = open[place]
        let used = delimiters[closer].left > 1 && delimiters[opener].left > 1 ? 2 : 1
        delimiters[closer].left -= used
        delimiters[opener].left -= used
        open.removeSubrange((delimiters[opener].left > 0 ? place + 1 : place)...)
        for (kind, floor) in floors where floor > open.count { floors[kind] = open.count }
      }
      if delimiters[closer].canOpen, delimiters[closer].left > 0 { open.append(closer) }
    }
    return delimiters
  }

  private static func fits(_ opener: Delimiter, _ closer: Delimiter) -> Bool {
    guard opener.sign == closer.sign else { return false }
    guard opener.canClose || closer.canOpen else { return true }
    return (opener.length + closer.length) % 3 != 0 || opener.length % 3 == 0 && closer.length % 3 == 0
  }
}
