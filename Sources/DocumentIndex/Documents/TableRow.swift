/// Rows of a table as sentences: each with the names of its columns, so that it can be found and understood by itself.
enum TableRow {
  static func text(_ row: [String], header: [String]) -> String {
    let cells = row.enumerated().compactMap { index, value -> String? in
      guard !value.isEmpty else { return nil }
      let name = index < header.count ? header[index] : ""
      return name.isEmpty || name == value ? value : "\(name): \(value)"
    }
    return cells.joined(separator: "; ")
  }
}
