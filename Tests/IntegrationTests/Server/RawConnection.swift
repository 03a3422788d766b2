import NIOCore
import NIOPosix

/// A TCP connection that says exactly what it is told, and collects what comes back.
final class RawConnection: Sendable {
  private let channel: any Channel
  private let stream: NIOAsyncChannel<ByteBuffer, ByteBuffer>

  static func open(port: Int) async throws -> RawConnection {
    let stream = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return RawConnection(stream)
  }

  private init(_ stream: NIOAsyncChannel<ByteBuffer, ByteBuffer>) {
    self.stream = stream
    channel = stream.channel
  }

  /// Runs `talk` with the connection, and closes it.
  static func with<Result: Sendable>(port: Int, _ talk: (inout Talk) async throws -> Result) async throws -> Result {
    try await open(port: port).talk(talk)
  }

  func talk<Result: Sendable>(_ talk: (inout Talk) async throws -> Result) async throws -> Result {
    try await stream.executeThenClose { inbound, outbound in
      var conversation = Talk(inbound: inbound.makeAsyncIterator(), outbound: outbound, channel: channel)
      return try await talk(&conversation)
    }
  }

  struct Talk {
    fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    fileprivate let channel: any Channel
    /// What came and was not asked for yet.
    private(set) var received = ""

    fileprivate init(
      inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
      channel: any Channel
    ) {
      self.inbound = inbound
      self.outbound = outbound
      self.channel = channel
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// One masked text frame of less than 126 bytes.
    func sendText(_ text: String) async throws { try await send([0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)) }

    /// Says that nothing more will come from here.
    func finish() { outbound.finish() }

    /// Everything up to the end of `mark`; everything there is, when the peer closes before.
    mutating func read(through mark: String) async throws -> String {
      while true {
        if let end = received.firstRange(of: mark)?.upperBound {
          let text = String(received[..<end])
          received = String(received[end...])
          return text
        }
        guard try await fill() else {
          defer { received = "" }
          return received
        }
      }
    }

    /// Until the peer closes.
    mutating func readToEnd() async throws -> String {
      while try await fill() {}
      defer { received = "" }
      return received
    }

    /// Until the peer closes, as the bytes that came: nothing that was received before is among them.
    mutating func bytesToEnd() async throws -> [UInt8] {
      received = ""
      var bytes: [UInt8] = []
      while let more = try? await inbound.next() { bytes += more.readableBytesView }
      return bytes
    }

    /// One response with its body.
    mutating func response() async throws -> (status: Int, head: String, body: String) {
      let head = try await read(through: "\r\n\r\n")
      let length = head.lowercased().firstRange(of: "content-length: ").map { head[$0.upperBound...].prefix { $0.isNumber } }
      let count = length.flatMap { Int($0) } ?? 0
      while received.utf8.count < count, try await fill() {}
      let body = String(received.utf8.prefix(count)) ?? ""
      received = String(received.dropFirst(body.count))
      return (Int(head.dropFirst(9).prefix(3)) ?? 0, head, body)
    }

    private mutating func fill() async throws -> Bool {
      guard let bytes = try? await inbound.next() else { return false }
      received += String(decoding: bytes.readableBytesView, as: Unicode.ASCII.self)
      return true
    }
  }
}
