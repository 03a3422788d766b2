import NIOCore

/// Edits JSON text where it stands: only what must change is written, and every other byte stays as it came.
enum JSONEditor {
  /// Sets the value at `path` to `json`, making the objects on the way where they are missing. Nil where the text is no object, or
  /// something on the way is neither an object nor missing (`null` is something).
  static func setting(_ path: [StaticString], to json: String, in buffer: ByteBuffer) -> ByteBuffer? {
    let edit = buffer.withJSON { root -> Edit? in
      var object = root
      for (depth, name) in path.enumerated() {
        guard object.isObject else { return nil }
        guard let member = object.member(name) else {
          let tail = path[(depth + 1)...]
          let value = tail.reversed().reduce(json) { "{\"\($1)\":\($0)}" }
          let comma = object.isEmptyObject ? "" : ","
          let at = object.range.lowerBound + 1
          return Edit(range: at..<at, text: "\"\(name)\":\(value)\(comma)")
        }
        object = member
      }
      return Edit(range: object.range, text: json)
    }
    return edit.map { buffer.replacing($0.range, with: $0.text) }
  }

  /// Removes the member at `path`; the text as it is where there is none.
  static func removing(_ path: [StaticString], in buffer: ByteBuffer) -> ByteBuffer {
    let range = buffer.withJSON { root -> Range<Int>? in
      var object = root
      for name in path.dropLast() {
        guard let member = object.member(name) else { return nil }
        object = member
      }
      return path.last.flatMap { name in object.memberSpan { object.isKey($0, name) } }
    }
    return range.map { buffer.replacing($0, with: "") } ?? buffer
  }

  /// The same with names that are known at run time only.
  static func removing(_ path: [String], in buffer: ByteBuffer) -> ByteBuffer {
    let range = buffer.withJSON { root -> Range<Int>? in
      var object = root
      for name in path.dropLast() {
        guard let member = object.member(where: { $0 == name }) else { return nil }
        object = member
      }
      return path.last.flatMap { name in object.memberSpan { object.text($0) == name } }
    }
    return range.map { buffer.replacing($0, with: "") } ?? buffer
  }

  private struct Edit {
    var range: Range<Int>
    var text: String
  }
}

extension ByteBuffer {
  /// A copy with `range`, counted from the reader index, replaced. Keeps room for a frame's header in front.
  fileprivate func replacing(_ range: Range<Int>, with text: String) -> ByteBuffer {
    var result = ByteBufferAllocator().buffer(capacity: readableBytes + text.utf8.count + 16)
    result.moveWriterIndex(to: 16)
    result.moveReaderIndex(to: 16)
    let bytes = readableBytesView
    result.writeBytes(bytes.prefix(range.lowerBound))
    result.writeString(text)
    result.writeBytes(bytes.dropFirst(range.upperBound))
    return result
  }
}

extension JSONView {
  fileprivate var isEmptyObject: Bool {
    var walker = JSONWalker(bytes, from: range.lowerBound + 1)
    walker.skipWhitespace()
    return walker.current == UInt8(ascii: "}")
  }

  /// The value of the last member whose name is the one that is looked for.
  fileprivate func member(where isNamed: (String) -> Bool) -> JSONView? {
    var found: JSONView?
    forEachMember { key, value in if isNamed(text(key)) { found = value } }
    return found
  }

  /// Range of the last member of this name, with the comma that goes when it goes.
  fileprivate func memberSpan(_ isNamed: (Range<Int>) -> Bool) -> Range<Int>? {
    var found: Range<Int>?
    forEachMember { key, value in
      if isNamed(key) {
        found = (key.lowerBound - 1)..<value.range.upperBound
      }
    }
    guard let span = found else { return nil }
    var after = JSONWalker(bytes, from: span.upperBound)
    after.skipWhitespace()
    if after.take(UInt8(ascii: ",")) { return span.lowerBound..<after.position }
    var start = span.lowerBound
    while start > range.lowerBound + 1, bytes[start - 1] != UInt8(ascii: ","), bytes[start - 1] != UInt8(ascii: "{") { start -= 1 }
    return (bytes[start - 1] == UInt8(ascii: ",") ? start - 1 : start)..<span.upperBound
  }
}
