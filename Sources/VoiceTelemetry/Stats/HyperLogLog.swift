/// Counts distinct names in 16 KiB, whatever their number, with a standard error of 0.8 %; two counts can be merged.
///
/// The estimator is that of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 4: without bias
/// over the whole range, and with no table of corrections.
package struct HyperLogLog: Sendable, Equatable {
  private static let precision = 14
  private static let size = 1 << precision
  private static let maxRank = 64 - precision + 1
  private var registers = [UInt8](repeating: 0, count: size)

  package init() {}

  package mutating func insert(_ name: String) { insert(hash: Self.hash(name)) }

  mutating func insert(hash: UInt64) {
    let index = Int(hash >> UInt64(64 - Self.precision))
    let rank = UInt8(min(Self.maxRank, (hash << UInt64(Self.precision)).leadingZeroBitCount + 1))
    if rank > registers[index] { registers[index] = rank }
  }

  package mutating func merge(_ other: HyperLogLog) {
    for index in registers.indices where other.registers[index] > registers[index] { registers[index] = other.registers[index] }
  }

  package var count: Int {
    var counts = [Int](repeating: 0, count: Self.maxRank + 1)
    for register in registers { counts[Int(register)] += 1 }
    let size = Double(Self.size)
    var sum = size * Self.tau(1 - Double(counts[Self.maxRank]) / size)
    for rank in stride(from: Self.maxRank - 1, through: 1, by: -1) { sum = 0.5 * (sum + Double(counts[rank])) }
    sum += size * Self.sigma(Double(counts[0]) / size)
    // 1 / (2 ln 2)
    return sum.isInfinite ? 0 : Int((0.721_347_520_444_481_7 * size * size / sum).rounded())
  }

  /// The same on every machine, unlike Swift's own: FNV-1a, mixed once more as in MurmurHash3.
  static func hash(_ name: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
  }

  private static func sigma(_ x: Double) -> Double {
    if x == 1 { return .infinity }
    var (x, y, z, before) = (x, 1.0, x, -1.0)
    while z != before {
      x *= x
      before = z
      z += x * y
      y += y
    }
    return z
  }

  private static func tau(_ x: Double) -> Double {
    if x == 0 || x == 1 { return 0 }
    var (x, y, z, before) = (x, 1.0, 1 - x, -1.0)
    while z != before {
      x = x.squareRoot()
      before = z
      y *= 0.5
      z -= (1 - x) * (1 - x) * y
    }
    return z / 3
  }
}

/// Encodes the registers that are set, `index * 64 + rank`: few on most days.
extension HyperLogLog: Codable {
  package init(from decoder: any Decoder) throws {
    for entry in try decoder.singleValueContainer().decode([Int].self) {
      guard (0..<Self.size * 64).contains(entry), entry % 64 <= Self.maxRank else { continue }
      registers[entry / 64] = UInt8(entry % 64)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(registers.enumerated().compactMap { $1 > 0 ? $0 * 64 + Int($1) : nil })
  }
}
