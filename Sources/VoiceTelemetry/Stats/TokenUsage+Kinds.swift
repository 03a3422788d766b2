import VoiceCore

extension TokenUsage {
  /// Tokens by the label that metrics have for their kind. The kinds add up to all; those of which upstream does not say what they are
  /// stand under `input_other` and `output_other`.
  var kinds: [(label: String, tokens: Int)] {
    [
      ("input_text", inputText), ("input_audio", inputAudio), ("input_image", inputImage), ("input_other", inputOther),
      ("output_text", outputText), ("output_audio", outputAudio), ("output_other", outputOther),
    ]
  }

  /// Input tokens that were read from a cache, by the same labels: a part of ``kinds``.
  var cachedKinds: [(label: String, tokens: Int)] {
    [("input_text", cachedText), ("input_audio", cachedAudio), ("input_image", cachedImage), ("input_other", cachedOther)]
  }

  /// All input tokens.
  var input: Int { inputText.adding(inputAudio).adding(inputImage).adding(inputOther) }

  /// All output tokens.
  var output: Int { outputText.adding(outputAudio).adding(outputOther) }

  /// All input tokens that were read from a cache.
  var cached: Int { cachedText.adding(cachedAudio).adding(cachedImage).adding(cachedOther) }
}
