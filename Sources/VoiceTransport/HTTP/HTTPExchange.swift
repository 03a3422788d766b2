import NIOHTTP1

/// One request of plain HTTP and its response, as far as they have come.
struct HTTPExchange: Equatable {
  let isHEAD: Bool
  private let version: HTTPVersion
  /// True if the connection ends with this response.
  var closes: Bool
  /// True while the client holds the body back until it is told to send it (RFC 9110 section 10.1.1).
  var awaitsContinue: Bool
  var isReceived = false
  var isHeadWritten = false
  var isAnswered = false

  init(_ head: HTTPRequestHead) {
    isHEAD = head.method == .HEAD
    version = head.version
    let hasBody = head.headers.contains(name: "transfer-encoding") || head.headers["content-length"].contains { $0 != "0" }
    awaitsContinue =
      hasBody && head.version == .http1_1
      && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    // The decoder stops behind a request for another protocol, whatever is answered; HTTP/1.0 has no chunks to keep a connection with.
    closes = !head.isKeepAlive || head.version != .http1_1 || head.headers.contains(name: "upgrade")
  }

  /// Writes into a response's head how its end is found (RFC 9112 section 6.3) and whether the connection goes on (section 9.6).
  mutating func prepare(_ head: inout HTTPResponseHead, isLast: Bool) {
    // A client that was not told to send its body may do so, or begin another request.
    if !head.isKeepAlive || isLast || awaitsContinue { closes = true }
    if closes { head.headers.replaceOrAdd(name: "connection", value: "close") }
    let hasLength = head.headers.contains(name: "content-length")
    if isHEAD, !hasLength {
      // The encoder would announce chunks, and end a body that is not there.
      head.headers.remove(name: "transfer-encoding")
      head.headers.add(name: "content-length", value: "0")
    } else if version != .http1_1, !hasLength {
      head.headers.remove(name: "transfer-encoding")
      head.version = .http1_0
    }
  }
}
