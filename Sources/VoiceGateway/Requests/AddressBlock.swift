import Foundation

/// A block of IP addresses, `10.0.0.0/8` or `2001:db8::/32`; a single address is a block of one.
public struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
  private let bytes: [UInt8]
  private let prefixLength: Int

  /// Creates a block from an address or from CIDR notation; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let bytes = Self.bytes(of: String(first)) else { return nil }
    self.bytes = bytes
    guard parts.count == 2 else {
      prefixLength = bytes.count * 8
      return
    }
    guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]), (0...bytes.count * 8).contains(length) else {
      return nil
    }
    prefixLength = length
  }

  /// An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) counts as the IPv4 address that it is.
  public func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
    for (index, byte) in bytes.enumerated() {
      let bits = min(8, max(0, prefixLength - index * 8))
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
      if byte & mask != other[index] & mask { return false }
    }
    return true
  }

  public var description: String { "\(Self.text(of: bytes))/\(prefixLength)" }

  /// The address in its one canonical form; nil when it is none.
  package static func canonical(_ address: String) -> String? { bytes(of: address).map(text(of:)) }

  private static func bytes(of text: String) -> [UInt8]? {
    var v4 = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
    var v6 = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    let isMapped = v6[..<10].allSatisfy { $0 == 0 } && v6[10] == 0xFF && v6[11] == 0xFF
    return isMapped ? Array(v6[12...]) : v6
  }

  private static func text(of bytes: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
