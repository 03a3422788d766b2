import NIOCore

/// Counters and costs of one session, and the formats that they are measured by.
struct SessionMeter {
  var counters = SessionCounters()
  /// Counts since the last report.
  var traffic = RelayTraffic()
  /// Cost in US dollars since the session began here.
  private(set) var spent = 0.0
  private let prices: PriceTable
  /// Rate of the output's audio format.
  private(set) var outputBytesPerMillisecond = 48.0
  private(set) var inputBytesPerSecond = 48_000.0
  /// The provider's transcription model, as the session echoes it.
  private(set) var transcriptionModel: String?
  private var reader = AudioDeltaReader()

  init(prices: PriceTable) { self.prices = prices }

  // MARK: Messages

  mutating func countFromClient(_ message: RealtimeMessage, isAudio: Bool) {
    let bytes = message.bytes.readableBytes
    traffic.messagesFromClient += 1
    traffic.bytesFromClient += bytes
    counters.bytesFromClient += bytes
    if isAudio {
      traffic.audioChunksFromClient += 1
      counters.audioChunksFromClient += 1
    }
  }

  mutating func countToClient(_ message: RealtimeMessage, isAudio: Bool) {
    let bytes = message.bytes.readableBytes
    traffic.messagesToClient += 1
    traffic.bytesToClient += bytes
    counters.bytesToClient += bytes
    if isAudio {
      traffic.audioChunksToClient += 1
      counters.audioChunksToClient += 1
    }
  }

  /// Reads an audio delta: which item it belongs to, its characters of base64 and its milliseconds; nil where it names no item.
  mutating func readAudio(_ message: RealtimeMessage) -> (delta: AudioDeltaReader.Delta, characters: Int, milliseconds: Double)? {
    guard let characters = reader.characters(in: message.bytes), let delta = reader.delta else { return nil }
    return (delta, characters, Self.bytes(ofCharacters: characters) / outputBytesPerMillisecond)
  }

  /// Base64: four characters for three bytes.
  private static func bytes(ofCharacters characters: Int) -> Double { Double(max(0, characters) * 3 / 4) }

  // MARK: Money

  mutating func settingsChanged(_ settings: SessionSettings) {
    transcriptionModel = settings.transcriptionModel
    outputBytesPerMillisecond = SessionSettings.bytesPerMillisecond(ofFormat: settings.outputFormatType)
    inputBytesPerSecond = SessionSettings.bytesPerMillisecond(ofFormat: settings.inputFormatType) * 1_000
  }

  /// A response ended. One whose usage upstream does not tell is counted by what was heard of it: a token for 50 ms.
  /// Answers the usage that counts.
  mutating func responseEnded(_ usage: TokenUsage?, characters: Int, model: String) -> TokenUsage? {
    let counted = usage ?? estimate(characters: characters)
    guard let counted else { return nil }
    counters.usage.add(counted)
    spend(prices.cost(of: counted, model: model))
    return counted
  }

  private func estimate(characters: Int) -> TokenUsage? {
    var usage = TokenUsage()
    usage.outputAudio = Int(Self.bytes(ofCharacters: characters) / outputBytesPerMillisecond / 50)
    usage.total = usage.outputAudio
    return usage.total > 0 ? usage : nil
  }

  mutating func transcribed(seconds: Double, model: String) { spend(prices.cost(ofSeconds: seconds, model: model)) }

  /// Counts a cost in US dollars; nil: the price is not known.
  private mutating func spend(_ cost: Double?) {
    counters.spent(cost)
    if let cost, cost > 0 { spent = min(spent + cost, 1e9) }
  }

  // MARK: Reports

  mutating func takeTraffic() -> RelayTraffic {
    defer { traffic = RelayTraffic() }
    return traffic
  }
}
