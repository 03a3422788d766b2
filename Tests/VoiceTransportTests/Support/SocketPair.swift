import Glibc
import NIOCore

/// Two connected sockets, of which a channel takes over the near one.
final class SocketPair: Sendable {
  struct Failure: Error { var call: String }

  let near: NIOBSDSocket.Handle
  private let far: CInt

  init() throws {
    var ends: [CInt] = [0, 0]
    guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw Failure(call: "socketpair") }
    (near, far) = (ends[0], ends[1])
    // A byte that never comes fails the test instead of holding it up.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(far, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { Glibc.close(far) }

  /// The next bytes that arrive.
  func readFar() throws -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { room, count in
      let got = read(far, room.baseAddress, room.count)
      failed = got <= 0
      count = max(0, got)
    }
    guard !failed else { throw Failure(call: "read") }
    return bytes
  }
}
