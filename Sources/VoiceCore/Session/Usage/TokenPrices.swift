/// Prices of tokens in USD per million (see ``PriceTable``).
public struct TokenPrices: Sendable, Equatable {
  /// Prices of one modality, in US dollars for a million tokens.
  public struct Modality: Sendable, Equatable {
    /// Price of input.
    public var input: Double
    /// Price of input that the provider had cached.
    public var cached: Double
    /// Price of output.
    public var output: Double
    /// Creates a modality.
    public init(input: Double, cached: Double, output: Double) {
      self.input = input
      self.cached = cached
      self.output = output
    }
  }
  /// Prices of text.
  public var text: Modality
  /// Prices of audio.
  public var audio: Modality
  /// Prices of images.
  public var image: Modality

  /// Creates token prices.
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
