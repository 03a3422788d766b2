/// A vector of length one, a byte a number.
struct QuantizedVector: Sendable, Equatable {
  let values: [Int8]
  /// Scale of the bytes.
  let scale: Float

  init(values: [Int8], scale: Float) {
    self.values = values
    self.scale = scale
  }

  /// Nil for a vector that has no direction, or a number that is none.
  init?(_ vector: [Float]) {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard let most = vector.map(abs).max(), most > 0, length.isFinite, length > 0 else { return nil }
    values = vector.map { Int8(($0 / most * 127).rounded()) }
    // The bytes' own length, so that rounding changes the direction alone.
    let bytes = values.reduce(Float(0)) { $0 + Float($1) * Float($1) }.squareRoot()
    scale = 1 / bytes
  }
}
