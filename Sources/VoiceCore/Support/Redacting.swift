import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension String {
  /// A copy with each of `secrets` as `***`; nil where there is none of them.
  func redacted(_ secrets: [String]) -> String? {
    guard secrets.contains(where: { contains($0) }) else { return nil }
    return secrets.reduce(self) { text, secret in text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***") }
  }
}

extension ByteBuffer {
  /// True if the text stands in these bytes.
  func holds(_ text: String) -> Bool {
    var text = text
    return withUnsafeReadableBytes { bytes in
      text.withUTF8 { needle in
        guard let base = bytes.baseAddress, let first = needle.first, let start = needle.baseAddress else { return false }
        var position = 0
        while position + needle.count <= bytes.count,
          let found = memchr(base + position, Int32(first), bytes.count - position - needle.count + 1)
        {
          if memcmp(found, start, needle.count) == 0 { return true }
          position = UnsafeRawPointer(found) - base + 1
        }
        return false
      }
    }
  }
}
