import VoiceCore

/// A session's counters as they are stored: one that is missing is 0, one that is unknown is passed over.
struct StoredCounters: Decodable {
  private typealias Field = WritableKeyPath<SessionCounters, Int> & Sendable

  private static let fields: [(name: String, path: any Field)] = [
    ("audio_chunks_from_client", \.audioChunksFromClient), ("audio_chunks_to_client", \.audioChunksToClient),
    ("bytes_from_client", \.bytesFromClient), ("bytes_to_client", \.bytesToClient), ("turns", \.turns),
    ("interruptions", \.interruptions), ("retrievals", \.retrievals), ("input_text_tokens", \.usage.inputText),
    ("input_audio_tokens", \.usage.inputAudio), ("input_image_tokens", \.usage.inputImage), ("cached_text_tokens", \.usage.cachedText),
    ("cached_audio_tokens", \.usage.cachedAudio), ("cached_image_tokens", \.usage.cachedImage),
    ("input_other_tokens", \.usage.inputOther), ("cached_other_tokens", \.usage.cachedOther), ("output_other_tokens", \.usage.outputOther),
    ("output_text_tokens", \.usage.outputText), ("output_audio_tokens", \.usage.outputAudio), ("total_tokens", \.usage.total),
    ("cost_nano_usd", \.costNanoUSD), ("unpriced", \.unpriced),
  ]

  var counters: SessionCounters

  init(_ counters: SessionCounters) { self.counters = counters }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    counters = SessionCounters()
    for (name, path) in Self.fields { counters[keyPath: path] = try container.decodeIfPresent(Int.self, forKey: Name(name)) ?? 0 }
  }

  /// Appends them as a JSON object.
  func append(to bytes: inout [UInt8]) {
    for (index, (name, path)) in Self.fields.enumerated() {
      bytes.append(contentsOf: "\(index == 0 ? "{" : ",")\"\(name)\":\(counters[keyPath: path])".utf8)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
