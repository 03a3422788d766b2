/// Percent-encoding of query components (RFC 3986 section 2.1).
package enum PercentCoding {
  /// The text that an encoded component stands for. A component that cannot be decoded stays as it is written: it is a value that
  /// nothing has handed out.
  ///
  /// - Parameter plusIsSpace: as in a query; in a path `+` is itself.
  package static func decoded(_ component: some Collection<UInt8>, plusIsSpace: Bool = true) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(component.count)
    var index = component.startIndex
    while index < component.endIndex {
      let byte = component[index]
      component.formIndex(after: &index)
      switch byte {
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard index < component.endIndex, let high = component[index].hexadecimalValue else {
          return String(decoding: component, as: UTF8.self)
        }
        component.formIndex(after: &index)
        guard index < component.endIndex, let low = component[index].hexadecimalValue else {
          return String(decoding: component, as: UTF8.self)
        }
        component.formIndex(after: &index)
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self) ?? String(decoding: component, as: UTF8.self)
  }

  /// `text` as a query component: all but the unreserved characters is escaped (RFC 3986 section 2.3).
  package static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
