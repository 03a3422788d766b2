import NIOCore

/// Receive buffers that live no longer than what was read into them, so that a connection on which nothing arrives has none.
///
/// NIO's own allocators keep the last buffers of each channel for its next read. That saves an allocation a read, and costs each connection
/// as much memory as its largest messages, for as long as it is open; a buffer that was just freed is also still in the processor's cache.
struct PassingReceiveBuffers: RecvByteBufferAllocator {
  /// The channel keeps its first buffer for good: enough for the answer to a handshake.
  private static let first = 256
  private static let least = 4_096
  private static let most = 65_536

  private var next = Self.first

  /// Call before the channel's first read.
  static func install(on channel: any Channel) throws {
    let options = channel.syncOptions
    try options?.setOption(.recvAllocator, value: PassingReceiveBuffers())
    // The channel keeps as many buffers as it reads before it lets others have their turn.
    try options?.setOption(.maxMessagesPerRead, value: 1)
  }

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { allocator.buffer(capacity: next) }

  /// Always answers that the next buffer may be larger: then the channel asks for one instead of filling its first again.
  mutating func record(actualReadBytes count: Int) -> Bool {
    if count >= next {
      next = min(max(4 * next, Self.least), Self.most)
    } else if next > Self.least, count <= next / 4 {
      next /= 2
    }
    return true
  }
}
