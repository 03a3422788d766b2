/// Role of this side of a connection: a client masks what it sends, a server does not (RFC 6455 section 5.3).
enum WebSocketRole: Sendable, Equatable {
  case client, server
}
