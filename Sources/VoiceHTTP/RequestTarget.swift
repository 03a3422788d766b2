import HTTPTypes
import VoiceCore

/// A request's URL, judged before libcurl sees it.
struct RequestTarget: Equatable {
  let url: String
  /// Host and port for messages; nothing secret.
  let host: String

  /// Throws ``HTTPClientError/Code/invalidRequest``.
  init(_ request: HTTPRequest) throws(HTTPClientError) {
    let authority = request.authority ?? ""
    guard !authority.isEmpty, authority.utf8.allSatisfy(Self.isPlain), !authority.utf8.contains(where: Self.isDelimiter) else {
      throw HTTPClientError(.invalidRequest, "no host")
    }
    host = authority
    guard let scheme = request.scheme?.lowercased(), scheme == "https" || scheme == "http" else {
      throw HTTPClientError(.invalidRequest, "\(authority): neither http nor https")
    }
    let path = request.path ?? "/"
    guard path.hasPrefix("/"), path.utf8.allSatisfy(Self.isPlain), !path.utf8.contains(UInt8(ascii: "#")) else {
      throw HTTPClientError(.invalidRequest, "\(authority): a path that is not encoded")
    }
    url = "\(scheme)://\(authority)\(path)"
  }

  /// True if the host is this machine by its name or address.
  var isLoopback: Bool { URLHost.isLoopback(host) }

  /// Visible ASCII.
  private static func isPlain(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

  /// Bytes that end the authority or put user information before it.
  private static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: "\\"): true
    default: false
    }
  }
}
