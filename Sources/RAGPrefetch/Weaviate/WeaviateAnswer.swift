/// Response of `/v1/graphql`.
struct WeaviateAnswer: Decodable {
  struct Failure: Decodable { let message: String? }
  struct Result: Decodable {
    let get: [String: [Object]?]?
    enum CodingKeys: String, CodingKey { case get = "Get" }
  }

  /// An object's properties as text. Numbers and lists of text are written out; all else is left away.
  struct Object: Decodable {
    var values: [String: String] = [:]
    var id: String?
    var score: Double?

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys where key.stringValue != "_additional" {
        if let text = try Self.value(String.self, key, in: container) {
          values[key.stringValue] = text
        } else if let number = try? container.decode(Double.self, forKey: key) {
          values[key.stringValue] = number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
        } else if let list = try Self.value([String].self, key, in: container) {
          values[key.stringValue] = list.joined(separator: ", ")
        }
      }
      if let additional = try? container.decode(Additional.self, forKey: Name(stringValue: "_additional")) {
        id = additional.id
        score = additional.score
      }
    }

    /// Nil for a value of another type; text that is no UTF-8 is an error.
    private static func value<Value: Decodable>(_ type: Value.Type, _ key: Name, in container: KeyedDecodingContainer<Name>) throws
      -> Value?
    {
      do { return try container.decode(type, forKey: key) } catch DecodingError.typeMismatch, DecodingError.valueNotFound { return nil }
    }
  }

  /// `score` is a string with a number in it, by Weaviate's schema.
  private struct Additional: Decodable {
    let id: String?
    let score: Double?
    enum CodingKeys: CodingKey { case id, score }
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try? container.decode(String.self, forKey: .id)
      score =
        (try? container.decode(String.self, forKey: .score)).flatMap(Double.init) ?? (try? container.decode(Double.self, forKey: .score))
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let data: Result?
  let errors: [Failure]?
}
