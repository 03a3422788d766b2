extension TokenUsage {
  /// Reads the `usage` object of `response.done`; nil where it is no object.
  ///
  /// Tokens of the totals beyond their details count as of an unknown kind, and so does a bare `total_tokens`: it has its price.
  init?(json: JSONView) {
    guard json.isObject else { return nil }
    self.init()
    func count(_ view: JSONView?, _ name: StaticString) -> Int { view?.member(name)?.count ?? 0 }
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
    if known == 0 { outputOther = total }
    total = max(total, known)
    readCached(input)
  }

  /// Cached tokens without a split are taken for what is saved least on: text, then images, then audio.
  private mutating func readCached(_ input: JSONView?) {
    if let details = input?.member("cached_tokens_details"), details.isObject {
      cachedText = min(inputText, details.member("text_tokens")?.count ?? 0)
      cachedAudio = min(inputAudio, details.member("audio_tokens")?.count ?? 0)
      cachedImage = min(inputImage, details.member("image_tokens")?.count ?? 0)
      return
    }
    var left = input?.member("cached_tokens")?.count ?? 0
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
