/// Schema of a parameter. Events are checked against their schema before they are processed.
indirect enum Schema: Sendable {
  case anything
  case boolean
  case string(maxLength: Int? = nil)
  case oneOf([String])
  case integer(ClosedRange<Int>)
  case decimal(ClosedRange<Double>)
  case list(Schema)
  case object([String: Schema], required: [String] = [])
  /// An object whose `type` says which.
  case tagged([String: Schema])
  case nullable(Schema)
  /// The first that takes this kind of value.
  case either([Schema])

  /// A text that is written to be read, of at most a mebibyte.
  static let text = Schema.string(maxLength: 1 << 20)

  /// The first violation in `value`, in its own order; nil where it fits.
  func violation(in value: JSON, at path: String) -> SchemaViolation? {
    switch self {
    case .anything: return nil
    case .nullable(let schema): return value.isNull ? nil : schema.violation(in: value, at: path)
    case .either(let schemas):
      guard let schema = schemas.first(where: { $0.takes(value) }) else {
        return .invalidType(value, at: path, expected: "one of " + schemas.map(\.expected).joined(separator: " or "))
      }
      return schema.violation(in: value, at: path)
    case _ where !takes(value): return .invalidType(value, at: path, expected: expected)
    case .boolean: return nil
    case .string(let limit): return limit.flatMap { stringViolation(value.string ?? "", $0, path) }
    case .oneOf(let names):
      let text = value.string ?? ""
      return names.contains(text) ? nil : .invalidValue(text, at: path, supported: names)
    case .integer(let range): return rangeViolation(value, "integer", range.lowerBound, range.upperBound, path)
    case .decimal(let range): return rangeViolation(value, "decimal", range.lowerBound, range.upperBound, path)
    case .list(let schema):
      for (index, element) in (value.array ?? []).enumerated() {
        if let violation = schema.violation(in: element, at: "\(path)[\(index)]") { return violation }
      }
      return nil
    case .object(let members, let required): return objectViolation(value.object ?? [:], members, required, path)
    case .tagged(let schemas):
      guard let type = value["type"] else { return .missing("\(path).type") }
      guard let schema = type.string.flatMap({ schemas[$0] }) else {
        return .invalidValue(type.string ?? type.text, at: "\(path).type", supported: schemas.keys.sorted())
      }
      return schema.violation(in: value, at: path)
    }
  }

  /// Returns true if the value is of the right kind.
  private func takes(_ value: JSON) -> Bool {
    switch self {
    case .anything: true
    case .boolean: value.bool != nil
    case .string, .oneOf: value.string != nil
    case .integer: value.int != nil
    case .decimal: value.number != nil
    case .list: value.array != nil
    case .object, .tagged: value.object != nil
    case .nullable(let schema): value.isNull || schema.takes(value)
    case .either(let schemas): schemas.contains { $0.takes(value) }
    }
  }

  private var expected: String {
    switch self {
    case .anything: "anything"
    case .boolean: "a boolean"
    case .string, .oneOf: "a string"
    case .integer: "an integer"
    case .decimal: "a decimal"
    case .list: "an array"
    case .object, .tagged: "an object"
    case .nullable(let schema): schema.expected
    case .either(let schemas): schemas.map(\.expected).joined(separator: " or ")
    }
  }

  private func objectViolation(_ object: JSONObject, _ schemas: [String: Schema], _ required: [String], _ path: String) -> SchemaViolation?
  {
    for member in object.members {
      let place = "\(path).\(member.name)"
      guard let schema = schemas[member.name] else { return .unknown(place) }
      if let violation = schema.violation(in: member.value, at: place) { return violation }
    }
    return required.first { object[$0] == nil }.map { .missing("\(path).\($0)") }
  }

  private func stringViolation(_ text: String, _ limit: Int, _ path: String) -> SchemaViolation? {
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return nil }
    let message = """
      Invalid '\(path)': string too long. Expected a string with maximum length \(limit), but got a string with length \
      \(text.unicodeScalars.count) instead.
      """
    return SchemaViolation(code: "string_above_max_length", message: message, param: path)
  }

  private func rangeViolation<Bound: BinaryInteger>(_ value: JSON, _ kind: String, _ low: Bound, _ high: Bound, _ path: String)
    -> SchemaViolation?
  {
    rangeViolation(value, kind, Double(low), Double(high), path)
  }

  private func rangeViolation(_ value: JSON, _ kind: String, _ low: Double, _ high: Double, _ path: String) -> SchemaViolation? {
    guard let number = value.number, number < low || number > high else { return nil }
    let isLow = number < low
    let bound = isLow ? low : high
    let limit = Int(exactly: bound).map(String.init) ?? "\(bound)"
    let message = """
      Invalid '\(path)': \(kind) \(isLow ? "below minimum" : "above maximum") value. Expected a value \(isLow ? ">=" : "<=") \(limit), \
      but got \(value.text) instead.
      """
    return SchemaViolation(code: "\(kind)_\(isLow ? "below_min" : "above_max")_value", message: message, param: path)
  }
}
