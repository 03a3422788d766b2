import HTTPTypes
import NIOCore
import VoiceCore

/// Answer of a collector that took a request, with what it left out of it (OTLP, "Partial Success").
///
/// An answer that is no such JSON says that all was taken.
struct OTLPPartialSuccess: Sendable, Equatable {
  /// Limit of an answer that is read; a longer one is no such answer.
  private static let maxBytes = 65_536
  private static let maxMessageBytes = 256

  /// Number of rejected spans or data points.
  private(set) var rejected = 0
  private var text = ""

  init(_ body: ByteBuffer, of signal: OTLPSignal) {
    guard (1...Self.maxBytes).contains(body.readableBytes),
      let answer = try? JSONParser.parseObject(Array(body.readableBytesView), limits: JSONParser.Limits(isLenient: true)),
      let partial = answer["partialSuccess"] ?? answer["partial_success"]
    else { return }
    let count = signal.rejectedNames.lazy.compactMap { partial[$0] }.first
    // Numbers of 64 bits are strings in Protobuf's JSON.
    rejected = max(0, count.flatMap { $0.integer ?? $0.string.flatMap { Int($0) } } ?? 0)
    text = (partial["errorMessage"] ?? partial["error_message"])?.string ?? ""
  }

  /// Words of the collector in one line, without secrets, cut; nil where it has none.
  ///
  /// - Parameter headers: header fields of the request, of which a collector may repeat a key.
  func message(hiding headers: HTTPFields) -> String? {
    var words = text
    for value in headers.flatMap({ [$0.value[...]] + $0.value.split(separator: " ") }) where value.utf8.count >= 8 {
      words = words.replacing(value, with: Scrubber.mark)
    }
    let line = LogText.line(Scrubber.scrub(words.onOneLine, maxBytes: Self.maxMessageBytes)).cut(toBytes: 2 * Self.maxMessageBytes)
    return line.isEmpty ? nil : line
  }
}
