#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension String {
  /// Names and identifiers are compared by code points, with no normalisation (RFC 7515 section 5.3); `==` would take
  /// the Kelvin sign for a K, and `é` and `e` with an accent for the same, which two users may be.
  package func hasSameBytes(as other: String) -> Bool {
    // Most names that are compared differ in length. A copy shares its storage; that of a short text is the text itself.
    guard utf8.count == other.utf8.count else { return false }
    var (left, right) = (self, other)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        guard let left = left.baseAddress, let base = right.baseAddress else { return true }
        return memcmp(left, base, right.count) == 0
      }
    }
  }
}
