import NIOCore
import VoiceCore

extension JSON {
  /// The value as JSON text, without spaces.
  var text: String {
    var buffer = ByteBuffer()
    buffer.writeJSON(self)
    return String(buffer: buffer)
  }
}

extension ByteBuffer {
  mutating func writeJSON(_ value: JSON) {
    switch value {
    case .null: writeStaticString("null")
    case .bool(let value): writeString(value ? "true" : "false")
    case .int(let value): writeString(String(value))
    case .double(let value): writeString(String(value))
    case .string(let value): writeString(JSONText.quoted(value))
    case .array(let elements):
      writeInteger(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { writeInteger(UInt8(ascii: ",")) }
        writeJSON(element)
      }
      writeInteger(UInt8(ascii: "]"))
    case .object(let object):
      writeInteger(UInt8(ascii: "{"))
      writeJSONMembers(object)
      writeInteger(UInt8(ascii: "}"))
    }
  }

  /// `"name":value` after `"name":value`, without the braces.
  mutating func writeJSONMembers(_ object: JSONObject) {
    for (index, member) in object.members.enumerated() {
      if index > 0 { writeInteger(UInt8(ascii: ",")) }
      writeString(JSONText.quoted(member.name))
      writeInteger(UInt8(ascii: ":"))
      writeJSON(member.value)
    }
  }
}
