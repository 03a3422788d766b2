import HTTPTypes
import NIOCore
import NIOHTTP1

extension HTTPReply {
  static let headTooLarge = HTTPReply.error(
    .requestHeaderFieldsTooLarge, code: "header_too_large", message: "The request's head is too large")

  func head(closes: Bool) -> HTTPResponseHead {
    var fields = HTTPHeaders(headers.map { ($0.name.rawName, $0.value) })
    fields.replaceOrAdd(name: "content-length", value: String(body.readableBytes))
    if closes { fields.replaceOrAdd(name: "connection", value: "close") }
    return HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase), headers: fields)
  }
}

extension HTTPRequest {
  /// The same request in HTTPTypes' terms: `Host` is the authority.
  init(_ head: HTTPRequestHead, isSecure: Bool) {
    self.init(
      method: Method(head.method.rawValue) ?? .get, scheme: isSecure ? "https" : "http", authority: head.headers.first(name: "host"),
      path: head.uri)
    for (name, value) in head.headers {
      guard let field = HTTPField.Name(name), field != .host else { continue }
      headerFields.append(HTTPField(name: field, value: value))
    }
  }
}

extension HTTPField.Name {
  /// The `Host` field, which HTTPTypes omits because HTTP/2 has none.
  static var host: HTTPField.Name { HTTPField.Name("Host")! }
}
