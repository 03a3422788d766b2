import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import VoiceCore

@testable import VoiceTransport

/// Input of `scripts/fuzz.sh transport`: arbitrary bytes to a whole server pipeline, and to a whole client pipeline.
///
/// The first byte chooses the side, the second the size of the pieces that the rest comes in. Beside crashes and what the sanitizer sees, each
/// connection has to come to its end by itself.
enum FuzzVoiceTransport {
  static func run(_ input: UnsafeRawBufferPointer) {
    guard input.count > 2 else { return }
    let bytes = Array(input.dropFirst(2))
    let piece = Int(input[1]) + 1
    if input[0].isMultiple(of: 2) { server(bytes, piece, answersAtOnce: input[0] & 2 == 0) } else { client(bytes, piece) }
  }

  private final class Application: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    var waiting = 0
    let answersAtOnce: Bool
    private var context: ChannelHandlerContext?

    init(answersAtOnce: Bool) { self.answersAtOnce = answersAtOnce }
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .end = unwrapInboundIn(data) else { return }
      waiting += 1
      precondition(waiting == 1, "one request at a time")
      if answersAtOnce { answer() }
    }

    func answer() {
      guard waiting > 0, let context else { return }
      waiting -= 1
      context.write(
        wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "2"]))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  private final class Echo: RealtimeConnectionDelegate {
    let connection: any RealtimeConnection
    init(_ connection: any RealtimeConnection) { self.connection = connection }
    func received(_ message: RealtimeMessage) { connection.send(message) }
    func readCompleted() { connection.flush() }
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }

  private static func server(_ bytes: [UInt8], _ piece: Int, answersAtOnce: Bool) {
    let channel = EmbeddedChannel()
    let application = Application(answersAtOnce: answersAtOnce)
    let bound = NIOLoopBound(application, eventLoop: channel.eventLoop)
    let isWebSocketPath: @Sendable (Substring) -> Bool = { $0.hasPrefix("/ws") }
    let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath) { _, _ in
      .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, _ in Echo(connection) }
    }
    do {
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
      try upgrader.configure(channel, isSecure: false) { try $0.pipeline.syncOperations.addHandler(bound.value) }
    } catch { fatalError("\(error)") }
    feed(bytes, piece, to: channel)
    for _ in 0..<1_000 where application.waiting > 0 {
      application.answer()
      channel.embeddedEventLoop.run()
    }
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    for _ in 0..<1_000 where application.waiting > 0 {
      application.answer()
      channel.embeddedEventLoop.run()
    }
    channel.embeddedEventLoop.advanceTime(by: .minutes(10))
    precondition(!channel.isActive, "a connection ends by itself")
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  private static func client(_ bytes: [UInt8], _ piece: Int) {
    var results = 0
    let channel: EmbeddedChannel
    do {
      guard let url = WebSocketURL("ws://host/v1/realtime") else { fatalError("no URL") }
      let handshake = try ClientHandshake(url: url, key: WebSocketKey(random: [UInt8](repeating: 7, count: 16)), headers: [:])
      channel = EmbeddedChannel()
      try channel.pipeline.syncOperations.addHandler(
        ClientHandshakeHandler(handshake) { result in
          results += 1
          guard case .success(let early) = result else { return }
          let connection = WebSocketConnection(role: .client, configuration: WebSocketConfiguration(), isSecure: false)
          let pipeline = channel.pipeline.syncOperations
          do {
            let handler = try pipeline.handler(type: ClientHandshakeHandler.self)
            try pipeline.addHandler(connection, position: .after(handler))
            pipeline.removeHandler(handler, promise: nil)
          } catch { fatalError("\(error)") }
          if early.readableBytes > 0 { connection.early = early }
          connection.start(Echo(connection))
        })
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    } catch { fatalError("\(error)") }
    feed(bytes, piece, to: channel)
    _ = try? channel.finish(acceptAlreadyClosed: true)
    precondition(results == 1, "a dial has one result")
  }

  private static func feed(_ bytes: [UInt8], _ piece: Int, to channel: EmbeddedChannel) {
    var rest = bytes[...]
    while !rest.isEmpty, channel.isActive {
      let part = rest.prefix(piece)
      rest = rest.dropFirst(part.count)
      _ = try? channel.writeInbound(ByteBuffer(bytes: part))
      channel.embeddedEventLoop.run()
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  FuzzVoiceTransport.run(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
