import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import VoiceCore

@testable import VoiceTransport

/// A whole server pipeline on a channel in memory, whose clock the test turns. `/ws` speaks WebSocket and echoes; other paths are answered by
/// ``answers``, in order, or when ``answer(_:)`` is called.
final class ServerHarness {
  let channel = EmbeddedChannel()
  /// Requests that plain HTTP was asked, as `METHOD path`.
  var requests: [String] { app.requests }
  private let app = Application()
  /// Whether each request is answered as it comes.
  var answersAtOnce: Bool {
    get { app.answersAtOnce }
    set { app.answersAtOnce = newValue }
  }

  final class Application: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    var answersAtOnce = true
    var requests: [String] = []
    var bodyBytes = 0
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): requests.append("\(head.method) \(head.uri)")
      case .body(let bytes): bodyBytes += bytes.readableBytes
      case .end: if answersAtOnce { answer("ok") }
      }
    }

    func answer(_ text: String, headers: HTTPHeaders = [:]) {
      guard let context else { return }
      var headers = headers
      headers.add(name: "content-length", value: "\(text.utf8.count)")
      context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  init(limits: HTTPLimits = HTTPLimits(), times: HTTPTimes = HTTPTimes(), refusesAfter delay: TimeAmount? = nil) throws {
    let opened = Opened()
    let isWebSocketPath: @Sendable (Substring) -> Bool = { $0 == "/ws" }
    let upgrader = WebSocketUpgrader(isWebSocketPath: isWebSocketPath, times: times, limits: limits) { _, _ in
      if let delay { return .refuse(.error(.serviceUnavailable, code: "at_capacity", message: "Too many"), after: delay) }
      return .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, _ in
        let delegate = RecordingDelegate()
        delegate.onMessage = { [weak connection] message in
          connection?.send(message)
          connection?.flush()
        }
        opened.delegates.append(delegate)
        return delegate
      }
    }
    box = opened
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    let app = NIOLoopBound(app, eventLoop: channel.eventLoop)
    try upgrader.configure(channel, isSecure: false) { try $0.pipeline.syncOperations.addHandler(app.value) }
  }

  final class Opened: @unchecked Sendable { var delegates: [RecordingDelegate] = [] }
  private let box: Opened
  /// Delegates of the WebSockets that were opened.
  var webSockets: [RecordingDelegate] { box.delegates }

  func receive(_ text: String) throws { try receive(Array(text.utf8)) }

  func receive(_ bytes: [UInt8]) throws {
    if channel.isActive { _ = try? channel.writeInbound(ByteBuffer(bytes: bytes)) }
    channel.embeddedEventLoop.run()
  }

  func answer(_ text: String = "ok", headers: HTTPHeaders = [:]) {
    app.answer(text, headers: headers)
    channel.embeddedEventLoop.run()
  }

  func closeInput() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    channel.embeddedEventLoop.run()
  }

  func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

  /// All that was written since the last call.
  func written() throws -> String {
    var bytes: [UInt8] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The status of each response since the last call.
  func statuses() throws -> [Int] {
    try written().components(separatedBy: "HTTP/1.").dropFirst().compactMap { Int($0.dropFirst(2).prefix(3)) }
  }

  static func handshake(_ path: String = "/ws", connection: String = "Upgrade", upgrade: String = "websocket") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: \(connection)\r\nUpgrade: \(upgrade)\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
  }

  static func get(_ path: String, _ fields: String = "", method: String = "GET", version: String = "1.1") -> String {
    "\(method) \(path) HTTP/\(version)\r\nHost: h\r\n\(fields)\r\n"
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
