import NIOCore

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
    case .string(let value): writeJSONString(value)
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
      writeJSONString(member.name)
      writeInteger(UInt8(ascii: ":"))
      writeJSON(member.value)
    }
  }

  /// `text` with its quotation marks (RFC 8259 section 7).
  mutating func writeJSONString(_ text: String) {
    writeInteger(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
        writeBytes(bytes[start..<index])
        writeEscape(of: byte)
        start = index + 1
      }
      writeBytes(bytes[start...])
    }
    writeInteger(UInt8(ascii: "\""))
  }

  private mutating func writeEscape(of byte: UInt8) {
    switch byte {
    case 0x22, 0x5C:
      writeInteger(UInt8(ascii: "\\"))
      writeInteger(byte)
    case 0x0A: writeStaticString("\\n")
    case 0x0D: writeStaticString("\\r")
    case 0x09: writeStaticString("\\t")
    default: writeString("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
    }
  }
}
