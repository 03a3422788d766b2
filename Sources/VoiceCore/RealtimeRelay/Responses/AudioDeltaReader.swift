import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads which item an audio delta belongs to and how long its audio is, walking only the first delta of an item: those that follow differ
/// from it in their event's name and their audio alone, wherever these stand.
struct AudioDeltaReader {
  struct Delta: Equatable {
    var response: String?
    var item: String?
    var contentIndex: Int
  }

  /// Item and response of the last delta that was walked.
  private(set) var delta: Delta?
  /// The bytes before the event's name.
  private var head: [UInt8] = []
  /// The bytes between the event's name and the audio, and where they stand.
  private var middle: [UInt8] = []
  private var offset = 0
  /// The bytes behind the audio.
  private var tail: [UInt8] = []

  /// Characters of base64 in this delta; nil where there is none.
  mutating func characters(in message: ByteBuffer) -> Int? {
    message.withUnsafeReadableBytes { bytes in
      let begin = offset + middle.count
      if delta != nil, bytes.count >= begin + tail.count, Self.stands(middle, in: bytes, at: offset), Self.stands(head, in: bytes, at: 0),
        Self.stands(tail, in: bytes, at: bytes.count - tail.count)
      {
        return Self.unpadded(bytes, begin, bytes.count - tail.count)
      }
      return walk(bytes)
    }
  }

  @inline(__always)
  private static func stands(_ part: [UInt8], in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    return part.withUnsafeBytes { part in part.baseAddress.map { memcmp($0, base + offset, part.count) == 0 } ?? true }
  }

  /// Count of characters without the padding, of which every delta has its own.
  private static func unpadded(_ bytes: UnsafeRawBufferPointer, _ begin: Int, _ end: Int) -> Int {
    var end = end
    while end > begin, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
    return end - begin
  }

  private mutating func walk(_ bytes: UnsafeRawBufferPointer) -> Int? {
    delta = nil
    var walker = JSONWalker(bytes)
    walker.skipWhitespace()
    let start = walker.position
    guard walker.skipValue() != nil, bytes[start] == UInt8(ascii: "{") else { return nil }
    let event = JSONFields(JSONView(bytes: bytes, range: start..<walker.position))
    guard let audio = event["delta"], audio.range.count >= 2, bytes[audio.range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let name = event["event_id"]?.range
    let begin = audio.range.lowerBound + 1
    offset = name.map { $0.upperBound < begin ? $0.upperBound : begin } ?? 0
    middle = Array(bytes[offset..<begin])
    head = name.map { $0.upperBound < begin ? Array(bytes[..<$0.lowerBound]) : [] } ?? []
    tail = Array(bytes[(audio.range.upperBound - 1)...])
    delta = Delta(
      response: event["response_id"]?.string, item: event["item_id"]?.string, contentIndex: event["content_index"]?.integer ?? 0)
    // A name behind the audio has no fixed place: every delta is walked.
    if middle.isEmpty || name.map({ $0.lowerBound > begin }) ?? false { middle = [0] }
    return Self.unpadded(bytes, begin, audio.range.upperBound - 1)
  }
}
