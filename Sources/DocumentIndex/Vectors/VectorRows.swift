/// Vectors of a segment's passages, a byte a number, each by the scale that makes it of length one. In chunks that are shared when some
/// change.
struct VectorRows: Sendable {
  static let chunkRows = 1_024
  let dimensions: Int
  /// Chunks of `chunkRows` rows each, the last shorter.
  private(set) var chunks: [[Int8]]
  /// Scale of a row's numbers; 0 for a passage without a vector.
  private(set) var scales: [Float]

  init(dimensions: Int, count: Int) {
    self.dimensions = dimensions
    scales = [Float](repeating: 0, count: count)
    chunks = stride(from: 0, to: count, by: Self.chunkRows).map { start in
      [Int8](repeating: 0, count: min(Self.chunkRows, count - start) * dimensions)
    }
  }

  var count: Int { scales.count }
  var memory: Int { scales.count * (4 + dimensions) }
  func has(_ row: Int) -> Bool { scales[row] > 0 }

  mutating func set(_ row: Int, to vector: QuantizedVector) {
    guard vector.values.count == dimensions else { return }
    let start = row % Self.chunkRows * dimensions
    chunks[row / Self.chunkRows].replaceSubrange(start..<start + dimensions, with: vector.values)
    scales[row] = vector.scale
  }

  subscript(_ row: Int) -> QuantizedVector {
    let start = row % Self.chunkRows * dimensions
    return QuantizedVector(values: Array(chunks[row / Self.chunkRows][start..<start + dimensions]), scale: scales[row])
  }

  /// Collects the rows that are left of several segments.
  struct Builder {
    private let dimensions: Int
    private var rows: [(place: Int, vector: QuantizedVector)] = []

    init(dimensions: Int) { self.dimensions = dimensions }

    /// - Parameter places: by the old row, the new one; nil for one that is dropped.
    mutating func add(_ other: VectorRows, places: [UInt32?]) {
      guard other.dimensions == dimensions else { return }
      for (old, place) in places.enumerated() where other.has(old) {
        if let place { rows.append((Int(place), other[old])) }
      }
    }

    func finish(count: Int) -> VectorRows {
      var result = VectorRows(dimensions: dimensions, count: count)
      for (place, vector) in rows { result.set(place, to: vector) }
      return result
    }
  }
}
