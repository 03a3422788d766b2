/// What tokens cost, in USD per million (the provider's published list, see ``known``).
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

  /// Cached tokens are a part of input: the sum over modalities of (input − cached)·in + cached·cached_in + output·out.
  public func cost(of usage: TokenUsage) -> Double {
    func part(_ input: Int, _ cached: Int, _ output: Int, _ price: Modality) -> Double {
      Double(max(0, input - cached)) * price.input + Double(cached) * price.cached + Double(output) * price.output
    }
    let sum =
      part(usage.inputText, usage.cachedText, usage.outputText, text) + part(usage.inputAudio, usage.cachedAudio, usage.outputAudio, audio)
      + part(usage.inputImage, usage.cachedImage, 0, image)
    return sum / 1_000_000
  }

  /// Prices as published in autumn 2026. A model that is not here has no known price: its cost is never taken for 0.
  public static let known: [String: TokenPrices] = {
    func prices(text: (Double, Double, Double), audio: (Double, Double, Double), image: (Double, Double)) -> TokenPrices {
      TokenPrices(
        text: Modality(input: text.0, cached: text.1, output: text.2), audio: Modality(input: audio.0, cached: audio.1, output: audio.2),
        image: Modality(input: image.0, cached: image.1, output: 0))
    }
    let first = prices(text: (4, 0.40, 16), audio: (32, 0.40, 64), image: (5, 0.50))
    let second = prices(text: (4, 0.40, 24), audio: (32, 0.40, 64), image: (5, 0.50))
    let mini = prices(text: (0.60, 0.06, 2.40), audio: (10, 0.30, 20), image: (0.80, 0.08))
    return [
      "gpt-realtime": first, "gpt-realtime-1.5": first, "gpt-realtime-2": second, "gpt-realtime-2.1": second,
      "gpt-realtime-mini": mini, "gpt-realtime-2.1-mini": mini,
    ]
  }()
}
