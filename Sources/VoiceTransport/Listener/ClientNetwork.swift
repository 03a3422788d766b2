import Foundation
package import NIOCore

/// The part of an address that one client is known by: all of an IPv4 address, the first 64 bits of an IPv6 one, which a site has for
/// itself (RFC 6177).
package struct ClientNetwork: Hashable, Sendable, CustomStringConvertible {
  private let bytes: [UInt8]

  /// Takes an IP address in text; `nil` when it is none.
  package init?(_ address: String) {
    var v4 = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, address, &v4) == 1 {
      bytes = v4
      return
    }
    var v6 = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, address, &v6) == 1 else { return nil }
    let isMapped = v6[..<10].allSatisfy { $0 == 0 } && v6[10] == 0xFF && v6[11] == 0xFF
    bytes = isMapped ? Array(v6[12...]) : Array(v6[..<8])
  }

  package init?(_ address: SocketAddress?) {
    guard let text = address?.ipAddress else { return nil }
    self.init(text)
  }

  /// `192.0.2.1`, or `2001:db8:0:1::/64`.
  package var description: String {
    let isV4 = bytes.count == 4
    let whole = isV4 ? bytes : bytes + [UInt8](repeating: 0, count: 8)
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = whole.withUnsafeBytes { inet_ntop(isV4 ? AF_INET : AF_INET6, $0.baseAddress, &buffer, socklen_t(buffer.count)) }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return isV4 ? text : text + "/64"
  }
}
