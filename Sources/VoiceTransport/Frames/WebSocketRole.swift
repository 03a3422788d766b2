/// Which end of the connection this side is: a client masks what it sends, a server does not (RFC 6455 section 5.3).
enum WebSocketRole: Sendable, Equatable {
  case client, server
}
