/// A stretch of letters of one kind: a word, or a phrase of a script without spaces. Small letters, accents kept.
package struct TextRun: Sendable, Equatable {
  package let script: Script
  package let text: String

  /// The runs of a text in order; all other characters part them. One pass over the text.
  package static func forEach(in text: String, _ body: (TextRun) -> Void) {
    var normal = Folding.normalized(text)
    normal.withUTF8 { bytes in
      var run: [UInt8] = []
      var script = Script.none
      var length = 0
      func end(before next: UInt8) {
        guard length > 0 else { return }
        body(TextRun(script: script, text: String(decoding: run, as: UTF8.self)))
        // C++, C#: a name that ends with a sign is a word of its own beside its letter.
        if script == .spaced, length <= 2, next == UInt8(ascii: "+") || next == UInt8(ascii: "#") {
          body(TextRun(script: .spaced, text: String(decoding: run + [next], as: UTF8.self)))
        }
        run.removeAll(keepingCapacity: true)
        length = 0
      }
      func begin(_ kind: Script) {
        if kind != script || length >= longest { end(before: 0) }
        script = kind
        length += 1
      }
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        if byte < 0x80 {
          index += 1
          let isCapital = (0x41...0x5A).contains(byte)
          if isCapital || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) {
            begin(.spaced)
            run.append(isCapital ? byte + 0x20 : byte)
          } else {
            end(before: byte)
          }
          continue
        }
        let (scalar, width) = decoded(bytes, at: index)
        index += width
        let kind = Script.of(scalar)
        if kind == .ignored { continue }
        if kind == .none {
          end(before: 0)
        } else {
          begin(kind)
          run.append(contentsOf: UTF8.encode(Folding.lowered(scalar)) ?? UTF8.encodedReplacementCharacter)
        }
      }
      end(before: 0)
    }
  }

  /// A scalar of several bytes; a String's UTF-8 is always valid.
  private static func decoded(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (Unicode.Scalar, Int) {
    let first = UInt32(bytes[index])
    func next(_ offset: Int) -> UInt32 { index + offset < bytes.count ? UInt32(bytes[index + offset]) & 0x3F : 0 }
    let value: UInt32
    let width: Int
    if first < 0xE0 {
      (value, width) = ((first & 0x1F) << 6 | next(1), 2)
    } else if first < 0xF0 {
      (value, width) = ((first & 0xF) << 12 | next(1) << 6 | next(2), 3)
    } else {
      (value, width) = ((first & 0x7) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4)
    }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", width)
  }

  package static func runs(of text: String) -> [TextRun] {
    var runs: [TextRun] = []
    forEach(in: text) { runs.append($0) }
    return runs
  }

  /// A word of more letters is cut: it is none.
  private static let longest = 4_096

  /// Number of words as heard: an estimate for scripts without spaces.
  package var wordCount: Int {
    let length = text.unicodeScalars.count
    return switch script {
    case .none, .ignored: 0
    case .spaced, .hangul: 1
    case .ideographic: (length + 1) / 2
    case .unspaced: (length + 3) / 4
    }
  }

  /// Pieces that overlap, by which a run without spaces is found: ideographs by themselves and in pairs, syllables of Hangul in pairs, the
  /// letters of Thai, Lao, Khmer and Burmese by three. A word with spaces around it is one piece.
  package var pieces: [String] {
    guard script != .spaced else { return [text] }
    let scalars = Array(text.unicodeScalars)
    return pieceRanges(of: scalars).map { range in
      var piece = String.UnicodeScalarView()
      piece.append(contentsOf: scalars[range])
      return String(piece)
    }
  }

  /// Places of the ``pieces`` in the text's scalars, in the same order.
  package func pieceRanges(of scalars: [Unicode.Scalar]) -> [Range<Int>] {
    func grams(of size: Int) -> [Range<Int>] {
      scalars.count > size ? (0...scalars.count - size).map { $0..<$0 + size } : [0..<scalars.count]
    }
    switch script {
    case .none, .ignored: return []
    case .spaced: return [0..<scalars.count]
    case .hangul: return grams(of: 2)
    case .unspaced: return grams(of: 3)
    case .ideographic:
      guard scalars.count > 1 else { return [0..<scalars.count] }
      return scalars.indices.filter { !Self.isKana(scalars[$0]) }.map { $0..<$0 + 1 } + grams(of: 2)
    }
  }

  static func isKana(_ scalar: Unicode.Scalar) -> Bool {
    (0x3041...0x30FF).contains(scalar.value) || (0x31F0...0x31FF).contains(scalar.value)
  }
}
