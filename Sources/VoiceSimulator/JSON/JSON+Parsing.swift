import NIOCore
import VoiceCore

extension JSON {
  /// Returns nil where the text is not one whole JSON value. The last of two members of one name counts.
  static func parse(_ buffer: ByteBuffer) -> JSON? { parse(Array(buffer.readableBytesView)) }

  static func parse(_ text: String) -> JSON? { parse(Array(text.utf8)) }

  private static func parse(_ bytes: [UInt8]) -> JSON? {
    (try? JSONParser.parse(bytes, limits: .init(depth: 64, members: .max, isLenient: true))).flatMap { JSON($0) }
  }

  /// Nil where a number is beyond what a `Double` holds.
  private init?(_ value: JSONValue) {
    switch value {
    case .null: self = .null
    case .boolean(let flag): self = .bool(flag)
    case .string(let text): self = .string(text)
    case .number(let digits):
      if let whole = Int(digits) {
        self = .int(whole)
      } else if let number = Double(digits), number.isFinite {
        self = .double(number)
      } else {
        return nil
      }
    case .array(let values):
      var elements: [JSON] = []
      elements.reserveCapacity(values.count)
      for value in values {
        guard let element = JSON(value) else { return nil }
        elements.append(element)
      }
      self = .array(elements)
    case .object(let object):
      var members: [(String, JSON)] = []
      members.reserveCapacity(object.members.count)
      for member in object.members {
        guard let value = JSON(member.value) else { return nil }
        members.append((member.name, value))
      }
      self = .object(JSONObject(members))
    }
  }
}
