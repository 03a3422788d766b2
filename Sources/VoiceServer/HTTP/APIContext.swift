import Hummingbird
import NIOCore

/// What a route knows of its request beside the request.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Of the connection, which may be a proxy's.
  let peer: SocketAddress?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
  }
}
