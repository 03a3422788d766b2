/// Exact search: the cosine of a vector and of each row.
enum VectorSearch {
  /// Scores by row, 0 for a passage without a vector; none where the rows are of another model, with another number of dimensions.
  static func cosines(of query: QuantizedVector, in rows: VectorRows) -> [Float] {
    guard query.values.count == rows.dimensions else { return [] }
    var cosines = [Float](repeating: 0, count: rows.count)
    let wide = query.values.map { Int16($0) }
    wide.withUnsafeBytes { query in
      var row = 0
      for chunk in rows.chunks {
        chunk.withUnsafeBytes { chunk in
          for start in stride(from: 0, to: chunk.count, by: rows.dimensions) {
            cosines[row] = Float(dot(query, chunk, at: start, rows.dimensions))
            row += 1
          }
        }
      }
    }
    for row in cosines.indices { cosines[row] *= query.scale * rows.scales[row] }
    return cosines
  }

  /// The product of 16-bit numbers and of the bytes that begin at `start`: eight at a time, the rest one by one.
  @inline(__always)
  private static func dot(_ query: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, at start: Int, _ count: Int) -> Int32 {
    var sums = SIMD8<Int32>()
    var index = 0
    while index + 8 <= count {
      let x = SIMD8<Int16>(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: start + index, as: SIMD8<Int8>.self))
      let y = query.loadUnaligned(fromByteOffset: 2 * index, as: SIMD8<Int16>.self)
      // Each product fits in 16 bits: 127 × 127 is 16,129.
      sums &+= SIMD8<Int32>(truncatingIfNeeded: x &* y)
      index += 8
    }
    var sum = sums.wrappedSum()
    while index < count {
      sum &+= Int32(query.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self)) &* Int32(Int8(bitPattern: bytes[start + index]))
      index += 1
    }
    return sum
  }
}
