extension TokenUsage {
  /// Reads the `usage` object of `response.done`; nil where it is no object, or tells no number.
  ///
  /// Tokens of the totals beyond their details count as of an unknown kind, and so does what `total_tokens` has beyond both: it has its price.
  init?(json: JSONView) {
    guard json.isObject else { return nil }
    self.init()
    var isTold = false
    func count(_ view: JSONView?, _ name: StaticString) -> Int {
      guard let amount = view?.member(name)?.amount else { return 0 }
      isTold = true
      return amount
    }
    let input = json.member("input_token_details")
    inputText = count(input, "text_tokens")
    inputAudio = count(input, "audio_tokens")
    inputImage = count(input, "image_tokens")
    let output = json.member("output_token_details")
    outputText = count(output, "text_tokens")
    outputAudio = count(output, "audio_tokens")
    inputOther = max(0, count(json, "input_tokens") - inputText - inputAudio - inputImage)
    outputOther = max(0, count(json, "output_tokens") - outputText - outputAudio)
    total = count(json, "total_tokens")
    let known = inputText + inputAudio + inputImage + inputOther + outputText + outputAudio + outputOther
    outputOther += max(0, total - known)
    total = max(total, known)
    guard isTold else { return nil }
    readCached(input)
  }

  /// Cached tokens without a split are taken for what is saved least on: text, then images, then audio.
  private mutating func readCached(_ input: JSONView?) {
    if let details = input?.member("cached_tokens_details"), details.isObject {
      cachedText = min(inputText, details.member("text_tokens")?.amount ?? 0)
      cachedAudio = min(inputAudio, details.member("audio_tokens")?.amount ?? 0)
      cachedImage = min(inputImage, details.member("image_tokens")?.amount ?? 0)
      return
    }
    var left = input?.member("cached_tokens")?.amount ?? 0
    func take(_ available: Int) -> Int {
      let taken = min(left, available)
      left -= taken
      return taken
    }
    cachedText = take(inputText)
    cachedImage = take(inputImage)
    cachedAudio = take(inputAudio)
    cachedOther = take(inputOther)
  }
}
