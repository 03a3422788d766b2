package import Foundation

/// 16 bit mono audio in a RIFF file, as a speech synthesiser writes it to a pipe: its lengths may be wrong.
package struct WaveFile {
  var sampleRate: Int
  var samples: [Int16]

  package init?(_ data: Data) {
    let bytes = [UInt8](data)
    func number(_ place: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    func tag(_ place: Int) -> String { String(decoding: bytes[place..<(place + 4)], as: UTF8.self) }
    guard bytes.count >= 12, tag(0) == "RIFF", tag(8) == "WAVE" else { return nil }
    var place = 12
    var rate: Int?
    while place + 8 <= bytes.count {
      let (name, length) = (tag(place), number(place + 4, 4))
      place += 8
      if name == "fmt " {
        guard place + 16 <= bytes.count, number(place, 2) == 1, number(place + 2, 2) == 1, number(place + 14, 2) == 16 else { return nil }
        rate = number(place + 4, 4)
      } else if name == "data" {
        guard let rate, rate > 0 else { return nil }
        sampleRate = rate
        let end = min(bytes.count, place + length)
        samples = stride(from: place, to: end - 1, by: 2).map { Int16(truncatingIfNeeded: number($0, 2)) }
        return
      }
      place += length + length % 2
    }
    return nil
  }

  /// The samples at another rate, along straight lines.
  package func resampled(to rate: Int) -> [Int16] {
    guard rate != sampleRate, samples.count > 1 else { return samples }
    let count = samples.count * rate / sampleRate
    return (0..<count).map { index in
      let place = Double(index) * Double(sampleRate) / Double(rate)
      let left = min(Int(place), samples.count - 2)
      let part = place - Double(left)
      return Int16(Double(samples[left]) * (1 - part) + Double(samples[left + 1]) * part)
    }
  }
}
