/// Schema of a parameter. Events are checked against their schema before they are processed.
indirect enum Shape: Sendable {
  case anything
  case boolean
  case string(maxLength: Int? = nil)
  case oneOf([String])
  case integer(ClosedRange<Int>)
  case decimal(ClosedRange<Double>)
  case list(Shape)
  case object([String: Shape], required: [String] = [])
  /// An object whose `type` says which.
  case tagged([String: Shape])
  case nullable(Shape)
  /// The first that takes this kind of value.
  case either([Shape])

  /// A text that is written to be read, of at most a mebibyte.
  static let text = Shape.string(maxLength: 1 << 20)

  /// The first fault in `value`, in its own order; nil where it has this shape.
  func fault(in value: JSON, at path: String) -> Fault? {
    switch self {
    case .anything: return nil
    case .nullable(let shape): return value.isNull ? nil : shape.fault(in: value, at: path)
    case .either(let shapes):
      guard let shape = shapes.first(where: { $0.takes(value) }) else {
        return .invalidType(value, at: path, expected: "one of " + shapes.map(\.expected).joined(separator: " or "))
      }
      return shape.fault(in: value, at: path)
    case _ where !takes(value): return .invalidType(value, at: path, expected: expected)
    case .boolean: return nil
    case .string(let limit): return limit.flatMap { stringFault(value.string ?? "", $0, path) }
    case .oneOf(let names):
      let text = value.string ?? ""
      return names.contains(text) ? nil : .invalidValue(text, at: path, supported: names)
    case .integer(let range): return rangeFault(value, "integer", range.lowerBound, range.upperBound, path)
    case .decimal(let range): return rangeFault(value, "decimal", range.lowerBound, range.upperBound, path)
    case .list(let shape):
      for (index, element) in (value.array ?? []).enumerated() {
        if let fault = shape.fault(in: element, at: "\(path)[\(index)]") { return fault }
      }
      return nil
    case .object(let members, let required): return objectFault(value.object ?? [:], members, required, path)
    case .tagged(let shapes):
      guard let type = value["type"] else { return .missing("\(path).type") }
      guard let shape = type.string.flatMap({ shapes[$0] }) else {
        return .invalidValue(type.string ?? type.text, at: "\(path).type", supported: shapes.keys.sorted())
      }
      return shape.fault(in: value, at: path)
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
    case .nullable(let shape): value.isNull || shape.takes(value)
    case .either(let shapes): shapes.contains { $0.takes(value) }
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
    case .nullable(let shape): shape.expected
    case .either(let shapes): shapes.map(\.expected).joined(separator: " or ")
    }
  }

  private func objectFault(_ object: JSONObject, _ shapes: [String: Shape], _ required: [String], _ path: String) -> Fault? {
    for member in object.members {
      let place = "\(path).\(member.name)"
      guard let shape = shapes[member.name] else { return .unknown(place) }
      if let fault = shape.fault(in: member.value, at: place) { return fault }
    }
    return required.first { object[$0] == nil }.map { .missing("\(path).\($0)") }
  }

  private func stringFault(_ text: String, _ limit: Int, _ path: String) -> Fault? {
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return nil }
    let message = """
      Invalid '\(path)': string too long. Expected a string with maximum length \(limit), but got a string with length \
      \(text.unicodeScalars.count) instead.
      """
    return Fault(code: "string_above_max_length", message: message, param: path)
  }

  private func rangeFault<Bound: BinaryInteger>(_ value: JSON, _ kind: String, _ low: Bound, _ high: Bound, _ path: String) -> Fault? {
    rangeFault(value, kind, Double(low), Double(high), path)
  }

  private func rangeFault(_ value: JSON, _ kind: String, _ low: Double, _ high: Double, _ path: String) -> Fault? {
    guard let number = value.number, number < low || number > high else { return nil }
    let isLow = number < low
    let bound = isLow ? low : high
    let limit = Int(exactly: bound).map(String.init) ?? "\(bound)"
    let message = """
      Invalid '\(path)': \(kind) \(isLow ? "below minimum" : "above maximum") value. Expected a value \(isLow ? ">=" : "<=") \(limit), \
      but got \(value.text) instead.
      """
    return Fault(code: "\(kind)_\(isLow ? "below_min" : "above_max")_value", message: message, param: path)
  }
}
