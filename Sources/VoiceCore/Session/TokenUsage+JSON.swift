extension TokenUsage {
  /// Reads the `usage` object of `response.done`.
  init?(json: JSONView) {
    guard json.isObject else { return nil }
    self.init()
    total = json.member("total_tokens")?.integer ?? 0
    if let input = json.member("input_token_details") {
      inputText = input.member("text_tokens")?.integer ?? 0
      inputAudio = input.member("audio_tokens")?.integer ?? 0
      inputImage = input.member("image_tokens")?.integer ?? 0
      let cached = input.member("cached_tokens_details")
      cachedText = cached?.member("text_tokens")?.integer ?? 0
      cachedAudio = cached?.member("audio_tokens")?.integer ?? 0
      cachedImage = cached?.member("image_tokens")?.integer ?? 0
    }
    if let output = json.member("output_token_details") {
      outputText = output.member("text_tokens")?.integer ?? 0
      outputAudio = output.member("audio_tokens")?.integer ?? 0
    }
  }

  public mutating func add(_ other: TokenUsage) {
    inputText += other.inputText
    inputAudio += other.inputAudio
    inputImage += other.inputImage
    cachedText += other.cachedText
    cachedAudio += other.cachedAudio
    cachedImage += other.cachedImage
    outputText += other.outputText
    outputAudio += other.outputAudio
    total += other.total
  }
}
