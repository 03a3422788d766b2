import HTTPTypes

/// Endpoint of one signal: a URL, split for requests. Prints without user, password and query.
public struct OTLPEndpoint: Sendable, Hashable, CustomStringConvertible {
  let scheme: String
  let authority: String
  private let path: String
  /// Begins with a question mark where there is one.
  private let query: String

  /// The endpoint of one signal, used as it is (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`); nil where the text is no `http` or `https` URL.
  public init?(signal url: String) { self.init(url, appending: "") }

  /// A base address, to whose path the signal's such as `/v1/traces` is appended (`OTEL_EXPORTER_OTLP_ENDPOINT`); its query stays.
  public init?(base url: String, path: String) { self.init(url, appending: path) }

  private init?(_ url: String, appending suffix: String) {
    let bytes = Array(url.utf8)
    guard let scheme = ["https", "http"].first(where: { bytes.starts(with: Array("\($0)://".utf8)) }) else { return nil }
    let rest = bytes.dropFirst(scheme.utf8.count + 3)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let target = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
    var path = target.prefix { $0 != UInt8(ascii: "?") }
    query = String(decoding: target[path.endIndex...], as: UTF8.self)
    if !suffix.isEmpty { while path.last == UInt8(ascii: "/") { path.removeLast() } }
    guard !authority.isEmpty else { return nil }
    self.scheme = scheme
    self.authority = String(decoding: authority, as: UTF8.self)
    let text = String(decoding: path, as: UTF8.self) + suffix
    self.path = text.hasPrefix("/") ? text : "/" + text
  }

  public var description: String {
    let host = authority.utf8.lastIndex(of: UInt8(ascii: "@")).map { String(authority[authority.utf8.index(after: $0)...]) } ?? authority
    return "\(scheme)://\(host)\(path)"
  }

  /// The likely mistake where a collector has nothing at this address; nil where none is known.
  func hint(for status: Int) -> String? {
    guard status == 404 || status == 405 else { return nil }
    for signal in ["/v1/traces", "/v1/metrics"] where path.hasSuffix(signal + "/v1/traces") || path.hasSuffix(signal + "/v1/metrics") {
      return "OTEL_EXPORTER_OTLP_ENDPOINT is a base address, to which /v1/traces and /v1/metrics are added: leave \(signal) out of it"
    }
    return "no OTLP/HTTP receiver answers at this path; the collector's otlp receiver listens on port 4318 at /v1/traces and /v1/metrics"
  }

  func request(_ headers: HTTPFields) -> HTTPRequest {
    var fields = headers
    fields[.contentType] = "application/json"
    fields[.contentEncoding] = "gzip"
    return HTTPRequest(method: .post, scheme: scheme, authority: authority, path: path + query, headerFields: fields)
  }
}
