import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writer of single frames to a socket on which nothing waits.
///
/// The channel's own way, a queue of pending writes and a flush, costs more than the system call in the most frequent case of a relay:
/// one message read, one message written. What the socket does not take goes the channel's way.
struct DirectWriter {
  /// Valid while the channel is active: another connection may have its number later.
  private let socket: NIOBSDSocket.Handle
  private let room: MaskingRoom

  /// Nil for a channel without a socket, as one in memory, and for one with TLS, of the server, the proxy or an embedder: its handler has
  /// to see what is written.
  init?(_ channel: any Channel) {
    let pipeline = channel.pipeline.syncOperations
    guard (try? pipeline.context(handlerType: NIOSSLHandler.self)) == nil,
      let socket = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self, { $0 })
    else { return nil }
    self.socket = socket
    room = .ofThisThread
  }

  /// Sends one frame; returns the number of its bytes that the socket took, 0 where it took none or failed.
  @inline(__always)
  func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, maskingKey: UInt32?) -> Int {
    payload.withUnsafeReadableBytes { bytes in
      guard let maskingKey else { return gather(opcode, bytes) }
      guard bytes.count <= MaskingRoom.payloadLimit else { return 0 }
      let length = WebSocketFrameHeader.write(opcode, payloadLength: bytes.count, maskingKey: maskingKey, to: room.bytes)
      _ = WebSocketMask.copy(bytes, to: room.bytes + length, key: maskingKey)
      return Self.taken { sendBytes(socket, room.bytes, length + bytes.count, Self.flags) }
    }
  }

  /// Sends header and payload from where they lie.
  @inline(__always)
  private func gather(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { header in
      withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
        guard let head = header.baseAddress, let list = parts.baseAddress else { return 0 }
        let length = WebSocketFrameHeader.write(opcode, payloadLength: payload.count, maskingKey: nil, to: head)
        parts[0] = iovec(iov_base: head, iov_len: length)
        parts[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: payload.baseAddress), iov_len: payload.count)
        var message = msghdr()
        message.msg_iov = list
        message.msg_iovlen = 2
        return Self.taken { sendmsg(socket, &message, Self.flags) }
      }
    }
  }

  @inline(__always)
  private static func taken(_ call: () -> Int) -> Int {
    while true {
      let count = call()
      if count >= 0 { return count }
      // Any other error is the channel's to find, and to close for.
      guard errno == EINTR else { return 0 }
    }
  }

  private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
}

#if canImport(Glibc)
  private let sendBytes = Glibc.send
#elseif canImport(Musl)
  private let sendBytes = Musl.send
#elseif canImport(Darwin)
  private let sendBytes = Darwin.send
#endif
