import Hummingbird
import NIOCore

/// Context of a request.
struct APIRequestContext: RemoteAddressRequestContext {
  var coreContext: CoreRequestContextStorage
  /// Peer of the connection, which may be a proxy.
  let remoteAddress: SocketAddress?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    remoteAddress = source.channel.remoteAddress
  }
}
