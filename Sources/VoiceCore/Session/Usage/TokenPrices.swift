/// Prices of tokens in USD per million (see ``PriceTable``).
public struct TokenPrices: Sendable, Equatable {
  public struct Modality: Sendable, Equatable {
    public var input: Double
    public var cached: Double
    public var output: Double
    public init(input: Double, cached: Double, output: Double) {
      self.input = input
      self.cached = cached
      self.output = output
    }
  }
  public var text: Modality
  public var audio: Modality
  public var image: Modality

  public init(text: Modality, audio: Modality, image: Modality) {
    self.text = text
    self.audio = audio
    self.image = image
  }

  /// The sum over modalities of (input − cached)·in + cached·cached_in + output·out. Tokens of an unknown kind cost what the dearest does.
  public func cost(of usage: TokenUsage) -> Double {
    func part(_ input: Int, _ cached: Int, _ output: Int, _ price: Modality) -> Double {
      Double(max(0, input - cached)) * price.input + Double(cached) * price.cached + Double(output) * price.output
    }
    let sum =
      part(usage.inputText, usage.cachedText, usage.outputText, text) + part(usage.inputAudio, usage.cachedAudio, usage.outputAudio, audio)
      + part(usage.inputImage, usage.cachedImage, 0, image)
      + part(usage.inputOther, usage.cachedOther, usage.outputOther, dearest)
    return sum / 1_000_000
  }

  private var dearest: Modality {
    Modality(
      input: max(text.input, audio.input, image.input), cached: max(text.cached, audio.cached, image.cached),
      output: max(text.output, audio.output, image.output))
  }
}
