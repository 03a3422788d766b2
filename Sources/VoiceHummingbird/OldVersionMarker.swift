import NIOCore
import NIOHTTP1

/// Writes `Via` into requests of HTTP/1.0: HTTPTypes does not tell the version, and what speaks it is a proxy more often than a client.
final class OldVersionMarker: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), head.version != .http1_1 else { return context.fireChannelRead(data) }
    head.headers.add(name: "via", value: "\(head.version.major).\(head.version.minor) unknown")
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }
}
