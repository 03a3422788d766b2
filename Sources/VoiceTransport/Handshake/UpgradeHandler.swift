import HTTPTypes
import NIOCore
import NIOHTTP1
import VoiceCore

/// Stands behind the HTTP codec until the connection is a WebSocket: judges handshakes, keeps deadlines, passes the rest on.
final class UpgradeHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Between requests.
    case idle
    /// A request for the fallback is coming in.
    case forwarding
    /// A sound handshake, whose end, or whose turn after earlier responses, is awaited.
    case handshake(HTTPRequestHead, ServerHandshake, hasEnded: Bool)
    /// Upgraded or refused: nothing more is read.
    case finished
  }

  private let upgrader: WebSocketUpgrader
  private let isSecure: Bool
  private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
  private let encoder: HTTPResponseEncoder
  private let fallback: @Sendable (any Channel) throws -> Void
  private var state = State.idle
  private var hasFallback = false
  /// Responses that the fallback still owes.
  private var owed = 0
  /// Set when the decoder stops after this request, because it asked for another protocol.
  private var closesAfterResponse = false
  private var deadline: Scheduled<Void>?

  init(
    upgrader: WebSocketUpgrader, isSecure: Bool, decoder: ByteToMessageHandler<HTTPRequestDecoder>, encoder: HTTPResponseEncoder,
    fallback: @escaping @Sendable (any Channel) throws -> Void
  ) {
    self.upgrader = upgrader
    self.isSecure = isSecure
    self.decoder = decoder
    self.encoder = encoder
    self.fallback = fallback
  }

  func handlerAdded(context: ChannelHandlerContext) { arm(upgrader.handshakeTimeout, context) }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (unwrapInboundIn(data), state) {
    case (.head(let head), .idle): begin(head, context)
    case (.end, .handshake(let head, let handshake, hasEnded: false)):
      state = .handshake(head, handshake, hasEnded: true)
      if owed == 0 { decide(head, handshake, context) }
    case (.end, .forwarding):
      state = .idle
      if owed == 0 { arm(upgrader.keepAliveTimeout, context) }
      context.fireChannelRead(data)
    case (_, .forwarding): context.fireChannelRead(data)
    case (_, .handshake), (_, .finished), (.body, .idle), (.end, .idle): break
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .end = unwrapOutboundIn(data), owed > 0 else { return context.write(data, promise: promise) }
    owed -= 1
    if owed == 0, closesAfterResponse {
      state = .finished
      let written = promise ?? context.eventLoop.makePromise()
      linger(after: written, context)
      return context.write(data, promise: written)
    }
    context.write(data, promise: promise)
    guard owed == 0 else { return }
    if case .handshake(let head, let handshake, hasEnded: true) = state { return decide(head, handshake, context) }
    if case .idle = state { arm(upgrader.keepAliveTimeout, context) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .finished = state { return }
    guard hasFallback == false || owed == 0 else { return context.close(promise: nil) }
    switch error {
    case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError: refuse(.headTooLarge, context)
    case is HTTPParserError: refuse(.error(.badRequest, code: "bad_request", message: "Not HTTP/1.1"), context)
    default: context.close(promise: nil)
    }
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    guard head.uri.utf8.count <= upgrader.limits.maxLineBytes else { return refuse(.headTooLarge, context) }
    guard upgrader.isWebSocketPath(head.uri.prefix { $0 != "?" }) else { return forward(head, context) }
    switch ServerHandshake.judge(head) {
    case .success(let handshake): state = .handshake(head, handshake, hasEnded: false)
    case .failure(let refusal): refuse(refusal.reply, context)
    }
  }

  private func forward(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    if !hasFallback {
      hasFallback = true
      do { try fallback(context.channel) } catch { return context.close(promise: nil) }
    }
    state = .forwarding
    owed += 1
    if !head.headers["upgrade"].isEmpty || head.method == .CONNECT { closesAfterResponse = true }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  private func decide(_ head: HTTPRequestHead, _ handshake: ServerHandshake, _ context: ChannelHandlerContext) {
    let request = UpgradeRequest(
      head: HTTPRequest(head, isSecure: isSecure), remoteAddress: context.remoteAddress, isSecure: isSecure,
      offeredSubprotocols: handshake.subprotocols)
    switch upgrader.decide(request, context.eventLoop) {
    case .refuse(let reply, let delay): refuse(reply, after: delay, context)
    case .accept(let headers, let subprotocol, let configuration, let open):
      state = .finished
      let chosen = subprotocol.flatMap { handshake.subprotocols.contains($0) ? $0 : nil }
      let connection = WebSocketConnection(role: .server, configuration: configuration, isSecure: isSecure)
      let pipeline = context.pipeline.syncOperations
      do { try pipeline.addHandler(connection, position: .after(decoder)) } catch { return context.close(promise: nil) }
      connection.write(raw: Self.response(handshake.key, subprotocol: chosen, headers: headers))
      pipeline.removeHandler(encoder, promise: nil)
      pipeline.removeHandler(context: context, promise: nil)
      let delegate = open(connection, context.eventLoop)
      connection.start(delegate)
      connection.flush()
      // Forwards what came behind the handshake to the connection that stands next, but never says that it was all.
      pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in connection.readCompleted() }
    }
  }

  private static func response(_ key: WebSocketKey, subprotocol: String?, headers: HTTPFields) -> ByteBuffer {
    var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(key.accept)\r\n"
    if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    for field in headers { text += "\(field.name.rawName): \(field.value)\r\n" }
    return ByteBuffer(string: text + "\r\n")
  }

  // MARK: Refusals

  private func refuse(_ reply: HTTPReply, after delay: TimeAmount, _ context: ChannelHandlerContext) {
    guard delay > .zero else { return refuse(reply, context) }
    state = .finished
    deadline?.cancel()
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.refuse(reply, context) }
  }

  private func refuse(_ reply: HTTPReply, _ context: ChannelHandlerContext) {
    state = .finished
    deadline?.cancel()
    context.write(wrapOutboundOut(.head(reply.head(closes: true))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
    let written = context.eventLoop.makePromise(of: Void.self)
    linger(after: written, context)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  /// Closes this side once all is written, and the rest when the peer is done or a little later: closing at once would
  /// reset the connection under a peer that is still sending, and the reply would be lost.
  private func linger(after written: EventLoopPromise<Void>, _ context: ChannelHandlerContext) {
    let loop = context.eventLoop.assumeIsolated()
    written.futureResult.assumeIsolated().whenComplete { _ in
      context.close(mode: .output, promise: nil)
      loop.scheduleTask(in: .seconds(2)) { context.close(promise: nil) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .finished = state, let event = event as? ChannelEvent, event == .inputClosed { return context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
  }
}
