import CStemmer

/// A Snowball stemmer of libstemmer, which takes the endings off the words of one language. Of one thread at a time.
final class Stemmer {
  private let stemmer: OpaquePointer

  /// - Parameter language: ISO 639-1. Nil where Snowball has none for it.
  init?(language: String) {
    guard let made = sb_stemmer_new(language, nil) else { return nil }
    stemmer = made
  }

  deinit { sb_stemmer_delete(stemmer) }

  /// - Parameter word: in small letters, composed, with its accents.
  func stem(_ word: String) -> String {
    var word = word
    return word.withUTF8 { bytes in
      guard let stem = sb_stemmer_stem(stemmer, bytes.baseAddress, Int32(clamping: bytes.count)) else {
        return String(decoding: bytes, as: UTF8.self)
      }
      let length = Int(sb_stemmer_length(stemmer))
      return String(decoding: UnsafeBufferPointer(start: stem, count: length), as: UTF8.self)
    }
  }
}
