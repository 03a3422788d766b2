public import NIOCore

/// Finds the `type` of an event by walking its bytes: keys in any order, nesting, escapes and bad JSON are all survived, and
/// nothing else is decoded.
public enum EventScanner {
  /// Result of a scan.
  public enum Result: Equatable, Sendable {
    /// A JSON object whose `type` is a string.
    case event(EventKind)
    /// A whole JSON text without a `type` that is a string: the receiver's to answer.
    case untyped
    /// An object with two `type`s: the receiver may believe the other one.
    case ambiguous
    /// Not one whole JSON text.
    case malformed
    /// Nested too deep, or of too many values: see ``EventLimits``.
    case excessive
  }

  /// Walks all of an event from a client: policy depends on its type, so an event that says two is refused.
  public static func scanWhole(_ buffer: ByteBuffer, limits: EventLimits = EventLimits()) -> Result {
    buffer.withUnsafeReadableBytes { walk($0, untilFirstType: false, limits) }
  }

  /// Finds the first `type` of an event from upstream, and looks no further.
  public static func scanFirst(_ buffer: ByteBuffer) -> Result {
    buffer.withUnsafeReadableBytes { walk($0, untilFirstType: true, .upstream) }
  }

  private static func walk(_ bytes: UnsafeRawBufferPointer, untilFirstType: Bool, _ limits: EventLimits) -> Result {
    var walker = JSONWalker(bytes)
    walker.skipWhitespace()
    guard walker.take(UInt8(ascii: "{")) else { return scalarOrMalformed(walker, limits) }
    var result = Result.untyped
    var seen = false
    var members = 0
    walker.skipWhitespace()
    if !walker.take(UInt8(ascii: "}")) {
      repeat {
        walker.skipWhitespace()
        guard let key = walker.skipString() else { return .malformed }
        walker.skipWhitespace()
        guard walker.take(UInt8(ascii: ":")) else { return .malformed }
        walker.skipWhitespace()
        guard let value = walker.skipValue() else { return .malformed }
        members += 1
        guard walker.deepest < limits.depth, members + walker.commas <= limits.values else { return .excessive }
        if isType(bytes, key) {
          guard !seen else { return .ambiguous }
          seen = true
          if bytes[value.lowerBound] == UInt8(ascii: "\"") { result = .event(kind(bytes, value)) }
          if untilFirstType { return result }
        }
        walker.skipWhitespace()
      } while walker.take(UInt8(ascii: ","))
      guard walker.take(UInt8(ascii: "}")) else { return .malformed }
    }
    walker.skipWhitespace()
    return walker.isAtEnd ? result : .malformed
  }

  /// An array or a scalar is JSON all the same, and has no type.
  private static func scalarOrMalformed(_ start: JSONWalker, _ limits: EventLimits) -> Result {
    var walker = start
    guard walker.skipValue() != nil else { return .malformed }
    guard walker.deepest <= limits.depth, walker.commas <= limits.values else { return .excessive }
    walker.skipWhitespace()
    return walker.isAtEnd ? .untyped : .malformed
  }

  private static func isType(_ bytes: UnsafeRawBufferPointer, _ key: Range<Int>) -> Bool {
    if key.count == 4 {
      return bytes.loadUnaligned(fromByteOffset: key.lowerBound, as: UInt32.self) == UInt32(littleEndian: 0x6570_7974)  // "type"
    }
    // Escapes make a key longer: six bytes at the most for each letter.
    guard key.count <= 24, key.contains(where: { bytes[$0] == 0x5C }) else { return false }
    return JSONText.unescaped(bytes, key) == "type"
  }

  /// `value` includes the quotation marks.
  private static func kind(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> EventKind {
    let inner = (value.lowerBound + 1)..<(value.upperBound - 1)
    let raw = UnsafeRawBufferPointer(rebasing: bytes[inner])
    if raw.count <= 6 * 63, raw.contains(0x5C) {
      return JSONText.unescaped(bytes, inner).map { EventKind(type: $0) } ?? .unknown
    }
    return EventKind(rawType: raw)
  }
}
