/// Postings: the passages of a segment by term, with counts.
struct Postings: Sendable {
  let terms: TermTable
  /// Offset of each term in ``passages``, and the end of the last.
  private let starts: [UInt32]
  let passages: [UInt32]
  let frequencies: [UInt8]
  /// Length of each passage in terms.
  let lengths: [UInt16]

  var memory: Int { terms.memory + 4 * starts.count + 5 * passages.count + 2 * lengths.count }

  func range(of term: Int) -> Range<Int> { Int(starts[term])..<Int(starts[term + 1]) }

  /// Collects postings, passage by passage.
  struct Builder {
    private var numbers: [String: Int] = [:]
    private var passages: [[UInt32]] = []
    private var frequencies: [[UInt8]] = []
    private(set) var lengths: [UInt16] = []

    /// The next passage.
    /// - Parameter titles: count as often as words of the text.
    mutating func add(_ terms: [String], titles: [String]) {
      let passage = UInt32(lengths.count)
      lengths.append(UInt16(clamping: terms.count + titles.count))
      for term in terms { note(term, in: passage) }
      for term in titles { note(term, in: passage) }
    }

    private mutating func note(_ term: String, in passage: UInt32) {
      let number = number(of: term)
      if passages[number].last == passage {
        let last = frequencies[number].count - 1
        if frequencies[number][last] < .max { frequencies[number][last] += 1 }
      } else {
        passages[number].append(passage)
        frequencies[number].append(1)
      }
    }

    private mutating func number(of term: String) -> Int {
      if let known = numbers[term] { return known }
      numbers[term] = passages.count
      passages.append([])
      frequencies.append([])
      return passages.count - 1
    }

    /// All passages of another segment that are kept, after those that are there.
    /// - Parameter places: by the other's passage, its new number; nil for one that is dropped. Rising.
    mutating func add(_ other: Postings, places: [UInt32?]) {
      for (old, place) in places.enumerated() where place != nil { lengths.append(other.lengths[old]) }
      for term in 0..<other.terms.count {
        var number: Int?
        for index in other.range(of: term) {
          guard let place = places[Int(other.passages[index])] else { continue }
          if number == nil { number = self.number(of: other.terms[term]) }
          guard let number else { continue }
          passages[number].append(place)
          frequencies[number].append(other.frequencies[index])
        }
      }
    }

    func finish() -> Postings {
      let order = numbers.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      var starts: [UInt32] = [0]
      var passages: [UInt32] = []
      var frequencies: [UInt8] = []
      for (_, number) in order {
        passages.append(contentsOf: self.passages[number])
        frequencies.append(contentsOf: self.frequencies[number])
        starts.append(UInt32(passages.count))
      }
      return Postings(
        terms: TermTable(sorted: order.map(\.key)), starts: starts, passages: passages, frequencies: frequencies, lengths: lengths)
    }
  }
}
