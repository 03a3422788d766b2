import Foundation
import NIOCore

extension WebSocketConnection: ResettableConnection {
  func reset() {
    // A socket that lingers for no time says RST where it would say FIN.
    if let provider = context?.channel as? any SocketOptionProvider { _ = provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)) }
    abort()
  }
}
