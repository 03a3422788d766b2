import Foundation
import Testing

@testable import VoiceTelemetry

@Suite struct HyperLogLogTests {
  private func sketch(of range: Range<Int>) -> HyperLogLog {
    var sketch = HyperLogLog()
    for number in range { sketch.insert("user-\(number)") }
    return sketch
  }

  /// The standard error is 0.8 %; a bound of 3 % leaves nearly four of them.
  @Test(arguments: [0, 1, 2, 10, 100, 1_000, 10_000, 30_000, 50_000, 100_000, 300_000])
  func `any number of names is counted within three percent, and a few exactly`(count: Int) {
    let found = sketch(of: 0..<count).count
    #expect(abs(found - count) <= max(count < 100 ? 0 : 3, count * 3 / 100), "\(found)")
  }

  @Test func `a name counts once`() {
    var one = sketch(of: 0..<500)
    let before = one.count
    for number in 0..<500 { one.insert("user-\(number)") }
    #expect(one.count == before)
  }

  @Test func `counts of two instances merge into the count of all their names`() {
    var merged = sketch(of: 0..<6_000)
    merged.merge(sketch(of: 4_000..<10_000))
    #expect(merged == sketch(of: 0..<10_000))
  }

  @Test func `a count survives being sent`() throws {
    let sent = sketch(of: 0..<3_000)
    #expect(try JSONDecoder().decode(HyperLogLog.self, from: JSONEncoder().encode(sent)) == sent)
  }

  @Test func `registers that cannot be are passed over`() throws {
    let read = try JSONDecoder().decode(HyperLogLog.self, from: Data("[-5,63,1048576,9223372036854775807]".utf8))
    #expect(read == HyperLogLog())
  }
}
