/// Finds what a misspelt name may have meant.
enum ClosestMatch {
  /// The name with the smallest edit distance, the first of equals.
  static func of(_ name: String, in known: [String]) -> String? {
    known.min { distance(name, $0) < distance(name, $1) }
  }

  /// The name that is so close that another one was hardly meant: one slip in a short name, two in one of twelve letters and more.
  static func typo(_ name: String, in known: [String]) -> String? {
    of(name, in: known).flatMap { (1...(name.utf8.count < 12 ? 1 : 2)).contains(distance(name, $0)) ? $0 : nil }
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
