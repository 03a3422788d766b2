import Hummingbird
import NIOCore

/// Context of a request.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Peer of the connection, which may be a proxy.
  let peer: SocketAddress?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
  }
}
