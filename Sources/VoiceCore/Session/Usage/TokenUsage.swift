/// Tokens as the provider counts them (`response.done`, field `usage`); cached ones are a part of input.
public struct TokenUsage: Sendable, Equatable, Codable {
  /// Input tokens of text, cached ones included.
  public var inputText = 0
  /// Input tokens of audio, cached ones included.
  public var inputAudio = 0
  /// Input tokens of images, cached ones included.
  public var inputImage = 0
  /// Input of which upstream does not say what it is.
  public var inputOther = 0
  /// Cached input tokens of text.
  public var cachedText = 0
  /// Cached input tokens of audio.
  public var cachedAudio = 0
  /// Cached input tokens of images.
  public var cachedImage = 0
  /// The part of ``inputOther`` that was cached.
  public var cachedOther = 0
  /// Output tokens of text.
  public var outputText = 0
  /// Output tokens of audio.
  public var outputAudio = 0
  /// Output of which upstream does not say what it is.
  public var outputOther = 0
  /// All tokens, as the provider counts them.
  public var total = 0
  /// Creates counts of zero.
  public init() {}

  /// Every sum stops at the largest number there is.
  public mutating func add(_ other: TokenUsage) {
    for path in Self.fields { self[keyPath: path] = self[keyPath: path].adding(other[keyPath: path]) }
  }

  private static var fields: [WritableKeyPath<TokenUsage, Int>] {
    [
      \.inputText, \.inputAudio, \.inputImage, \.inputOther, \.cachedText, \.cachedAudio, \.cachedImage, \.cachedOther, \.outputText,
      \.outputAudio, \.outputOther, \.total,
    ]
  }

  /// A member that is missing is 0: what an older version wrote has fewer.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func count(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
    inputText = try count(.inputText)
    inputAudio = try count(.inputAudio)
    inputImage = try count(.inputImage)
    inputOther = try count(.inputOther)
    cachedText = try count(.cachedText)
    cachedAudio = try count(.cachedAudio)
    cachedImage = try count(.cachedImage)
    cachedOther = try count(.cachedOther)
    outputText = try count(.outputText)
    outputAudio = try count(.outputAudio)
    outputOther = try count(.outputOther)
    total = try count(.total)
  }
}
