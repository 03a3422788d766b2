import VoiceCore

/// The GraphQL text of a hybrid search.
struct WeaviateSearch: Sendable {
  /// Collection, with the capital that Weaviate gives it.
  let collection: String
  /// All that is asked for of an object.
  let properties: [String]
  private let alpha: Double
  private let targetVectors: [String]

  init(_ configuration: WeaviateRetriever.Configuration) throws(RetrievalError) {
    collection = configuration.collection.prefix(1).uppercased() + configuration.collection.dropFirst()
    var properties: [String] = []
    for name in [configuration.textProperty] + configuration.properties where !properties.contains(name) { properties.append(name) }
    self.properties = properties
    alpha = min(1, max(0, configuration.alpha))
    targetVectors = configuration.targetVectors
    for name in [collection] + properties + targetVectors where !Self.isName(name) {
      throw RetrievalError(.refused, "\(Self.literal(name)) is no name of a collection, property or vector")
    }
  }

  func text(for query: RetrievalQuery, tenant: String?) -> String {
    let targets = targetVectors.isEmpty ? "" : ", targetVectors: [\(targetVectors.map(Self.literal).joined(separator: ", "))]"
    let tenant = tenant.map { ", tenant: \(Self.literal($0))" } ?? ""
    return """
      { Get { \(collection)(hybrid: {query: \(Self.literal(query.text)), alpha: \(alpha)\(targets)}, limit: \(max(1, query.limit))\(tenant)) \
      { \(properties.joined(separator: " ")) _additional { id score } } } }
      """
  }

  /// A string of GraphQL (specification, section 2.9.4) is one of JSON, in which what does not print is escaped too: the text ends neither
  /// the string nor the query.
  static func literal(_ text: String) -> String {
    JSONText.quoted(text) { scalar in
      switch scalar {
      case "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}": true
      default: false
      }
    }
  }

  /// GraphQL specification, section 2.1.9.
  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first) else { return false }
    return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
  }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F }
}
