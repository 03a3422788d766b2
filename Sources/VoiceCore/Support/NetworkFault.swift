import Foundation
import NIOCore

/// Plain words for connections that fail, in place of a library's names of functions and numbers.
package enum NetworkFault {
  /// Words for a name without an address.
  package static let nameNotFound = "the name is not found"

  /// Words for an error of a socket; those of a dial are its own, and any other error's are as it describes itself.
  package static func words(_ error: any Error) -> String {
    switch error {
    case let error as IOError: words(errno: error.errnoCode)
    case ChannelError.connectTimeout: words(errno: ETIMEDOUT)
    case let error as RealtimeConnectError: error.message
    default: "\(error)"
    }
  }

  /// Words for a number of `errno`.
  package static func words(errno code: CInt) -> String {
    switch code {
    case ECONNREFUSED: "connection refused, nothing listens there"
    case ECONNRESET, EPIPE: "connection reset by the other side"
    case ETIMEDOUT: "connection timed out, nothing answers there"
    case EHOSTUNREACH, ENETUNREACH: "unreachable, no route leads there"
    default: String(cString: strerror(code))
    }
  }
}
