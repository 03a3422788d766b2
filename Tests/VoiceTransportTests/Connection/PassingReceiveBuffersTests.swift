import NIOCore
import Testing

@testable import VoiceTransport

@Suite struct PassingReceiveBuffersTests {
  private func sizes(after reads: [Int]) -> [Int] {
    var buffers = PassingReceiveBuffers()
    let allocator = ByteBufferAllocator()
    return [buffers.buffer(allocator: allocator).writableBytes]
      + reads.map { count in
        let mayGrow = buffers.record(actualReadBytes: count)
        #expect(mayGrow)
        return buffers.buffer(allocator: allocator).writableBytes
      }
  }

  @Test func `a buffer that was filled is followed by a larger one, up to a bound`() {
    #expect(sizes(after: [256, 4_096, 16_384, 65_536, 65_536]) == [256, 4_096, 16_384, 65_536, 65_536, 65_536])
  }

  @Test func `what is much smaller than the buffer shrinks it, and the first one is no measure`() {
    #expect(sizes(after: [100, 256, 4_096, 3_000, 200, 10]) == [256, 256, 4_096, 16_384, 8_192, 4_096, 4_096])
  }

  /// The last read of a connection that is silent since then belongs to who has it.
  @Test func `a channel keeps its first buffer alone`() {
    var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: PassingReceiveBuffers())
    for round in 0..<4 {
      let (buffer, _) = pool.buffer(allocator: ByteBufferAllocator()) { $0.writeRepeatingByte(UInt8(round), count: 256) }
      pool.record(actualReadBytes: 256)
      #expect(buffer.readableBytes == 256 && buffer.getInteger(at: 0, as: UInt8.self) == UInt8(round))
    }
    #expect(pool.count == 1)
  }
}
