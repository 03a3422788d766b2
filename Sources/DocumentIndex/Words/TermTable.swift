/// The terms of a segment, in order, to be found whole, by their beginning and by their end.
struct TermTable: Sendable {
  private let bytes: [UInt8]
  /// Offset of each term, and the end of the last.
  private let starts: [UInt32]
  /// Terms in the order of their bytes read backwards.
  private let backwards: [UInt32]

  /// - Parameter sorted: different terms in the order of their UTF-8.
  init(sorted terms: [String]) {
    var bytes: [UInt8] = []
    var starts: [UInt32] = [0]
    starts.reserveCapacity(terms.count + 1)
    for term in terms {
      bytes.append(contentsOf: term.utf8)
      starts.append(UInt32(bytes.count))
    }
    self.bytes = bytes
    self.starts = starts
    backwards = bytes.withUnsafeBufferPointer { bytes in
      (0..<UInt32(terms.count)).sorted { left, right in
        var (l, r) = (Int(starts[Int(left) + 1]), Int(starts[Int(right) + 1]))
        let (lowest, least) = (Int(starts[Int(left)]), Int(starts[Int(right)]))
        while l > lowest, r > least {
          l -= 1
          r -= 1
          if bytes[l] != bytes[r] { return bytes[l] < bytes[r] }
        }
        return l == lowest && r > least
      }
    }
  }

  var count: Int { starts.count - 1 }
  var memory: Int { bytes.count + 4 * (starts.count + backwards.count) }

  subscript(_ index: Int) -> String { String(decoding: bytes[Int(starts[index])..<Int(starts[index + 1])], as: UTF8.self) }

  func index(of term: String) -> Int? {
    let wanted = Array(term.utf8)
    let index = partition { Self.compare($0, wanted[...]) < 0 }
    return index < count && slice(index).elementsEqual(wanted) ? index : nil
  }

  /// Terms that begin with `prefix` and are longer, at most `limit`.
  func indices(beginningWith prefix: String, limit: Int) -> [Int] {
    let wanted = Array(prefix.utf8)
    var index = partition { Self.compare($0, wanted[...]) < 0 }
    var found: [Int] = []
    while index < count, found.count < limit, slice(index).starts(with: wanted) {
      if slice(index).count > wanted.count { found.append(index) }
      index += 1
    }
    return found
  }

  /// Terms that end with `suffix` and are longer, at most `limit`.
  func indices(endingWith suffix: String, limit: Int) -> [Int] {
    let wanted = Array(suffix.utf8.reversed())
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if slice(Int(backwards[middle])).reversed().lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
    }
    var found: [Int] = []
    while low < count, found.count < limit, slice(Int(backwards[low])).reversed().starts(with: wanted) {
      let index = Int(backwards[low])
      if slice(index).count > wanted.count { found.append(index) }
      low += 1
    }
    return found
  }

  private func slice(_ index: Int) -> ArraySlice<UInt8> { bytes[Int(starts[index])..<Int(starts[index + 1])] }

  /// The first index whose term does not come before.
  private func partition(_ comesBefore: (ArraySlice<UInt8>) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if comesBefore(slice(middle)) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func compare(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
    left.lexicographicallyPrecedes(right) ? -1 : left.elementsEqual(right) ? 0 : 1
  }
}
