import NIOCore

/// Prices of models: tokens of responses, and minutes of transcribed speech.
///
/// A dated snapshot (`gpt-realtime-2025-08-28`) costs what its undated name does, unless it has a price of its own. A model that is not
/// here has no known price: its cost is never taken for 0.
public struct PriceTable: Sendable, Equatable {
  /// US dollars a million tokens.
  public private(set) var tokens: [String: TokenPrices] = [:]
  /// US dollars a minute of audio.
  public private(set) var minutes: [String: Double] = [:]

  /// The provider's list, as `prices.json` has it.
  public static let published: PriceTable = {
    guard let table = PriceTable(json: PackageResources.prices_json) else { preconditionFailure("prices.json is this package's own") }
    return table
  }()

  /// Creates a table without prices.
  public init() {}

  /// Reads `{"usd_per_million_tokens":{MODEL:{"text":{"input","cached","output"},"audio":…,"image":…}},"usd_per_minute":{MODEL:n}}`; nil
  /// where a price is missing, negative or no number. A modality that is left out is one that the model does not have.
  public init?(json: [UInt8]) {
    let table = ByteBuffer(bytes: json).withJSON { root -> PriceTable? in
      var table = PriceTable()
      var isSound = true
      root.member("usd_per_million_tokens")?.forEachMember { key, value in
        if let prices = TokenPrices(json: value) { table.tokens[root.text(key)] = prices } else { isSound = false }
      }
      root.member("usd_per_minute")?.forEachMember { key, value in
        if let price = value.number, price >= 0 { table.minutes[root.text(key)] = price } else { isSound = false }
      }
      return isSound ? table : nil
    }
    guard let table else { return nil }
    self = table
  }

  /// This table with another's prices put over it.
  public func overridden(by other: PriceTable) -> PriceTable {
    var table = self
    table.tokens.merge(other.tokens) { _, new in new }
    table.minutes.merge(other.minutes) { _, new in new }
    return table
  }

  /// Returns the cost in US dollars; nil if the price is unknown.
  public func cost(of usage: TokenUsage, model: String) -> Double? {
    (tokens[model] ?? tokens[Self.undated(model)])?.cost(of: usage)
  }

  /// Returns the cost of transcribed audio in US dollars; nil if the price is unknown.
  public func cost(ofSeconds seconds: Double, model: String) -> Double? {
    (minutes[model] ?? minutes[Self.undated(model)]).map { $0 * seconds / 60 }
  }

  /// Returns the name without a date such as `-2025-08-28`.
  static func undated(_ model: String) -> String {
    let end = model.utf8.suffix(11)
    let isDate = end.count == 11 && zip(end, "-dddd-dd-dd".utf8).allSatisfy { $1 == UInt8(ascii: "d") ? (48...57).contains($0) : $0 == $1 }
    return isDate ? String(model.dropLast(11)) : model
  }
}

extension TokenPrices {
  fileprivate init?(json: JSONView) {
    guard json.isObject, let text = Modality(json: json.member("text")), let audio = Modality(json: json.member("audio")),
      let image = Modality(json: json.member("image"))
    else { return nil }
    self.init(text: text, audio: audio, image: image)
  }
}

extension TokenPrices.Modality {
  fileprivate init?(json: JSONView?) {
    self.init(input: 0, cached: 0, output: 0)
    guard let json else { return }
    guard let input = json.member("input")?.number, input >= 0 else { return nil }
    let cached = json.member("cached").map(\.number) ?? input
    let output = json.member("output").map(\.number) ?? 0
    guard let cached, cached >= 0, let output, output >= 0 else { return nil }
    self.init(input: input, cached: cached, output: output)
  }
}
