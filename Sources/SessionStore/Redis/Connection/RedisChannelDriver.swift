import Logging
import NIOCore
import NIOPosix
import NIOSSL
import VoiceCore

/// Drives ``RedisChannelStateMachine``, always on its event loop.
final class RedisChannelDriver: RedisConnectionHandler.Owner {
  private let target: RedisChannel.Target
  private let eventLoop: any EventLoop
  private let logger: Logger
  private let jitter: @Sendable () -> Double
  private var machine: RedisChannelStateMachine
  private var waiting: [UInt64: RedisRequest] = [:]
  private var nextID: UInt64 = 0
  private var connection: RedisConnectionHandler?
  private var hasGreeted = false
  private var isStopped = false
  private var stoppedBy = RedisError(.shutDown, "the client is shut down")
  private var timer: Scheduled<Void>?
  private var timerAt = NIODeadline.distantFuture
  private var lastError = RedisError(.unreachable, "no connection was made yet")

  init(_ target: RedisChannel.Target, eventLoop: any EventLoop, logger: Logger, jitter: @escaping @Sendable () -> Double) {
    self.target = target
    self.eventLoop = eventLoop
    self.logger = logger
    self.jitter = jitter
    machine = RedisChannelStateMachine(backoff: target.backoff, maximumCommands: target.bounds.commands, maximumBytes: target.bounds.bytes)
  }

  func submit(_ requests: [RedisRequest]) {
    var batch: [RedisRequest] = []
    batch.reserveCapacity(requests.count)
    for request in requests {
      let id = nextID
      nextID += 1
      switch machine.submitted(id, deadline: request.deadline, bytes: request.wire.readableBytes, isUrgent: request.isUrgent) {
      case .send: batch.append(request)
      case .wait: waiting[id] = request
      case .waitAndDial:
        waiting[id] = request
        dial()
      case .refuse(.down): request.fail(down)
      case .refuse(.full): request.fail(RedisError(.overloaded, "too many commands wait for a connection"))
      case .refuse(.stopped): request.fail(stoppedBy)
      }
    }
    if !batch.isEmpty { connection?.send(batch) }
    setTimer()
  }

  func reconnect(_ reason: RedisError) { connection?.close(reason) }

  func stop(_ error: RedisError) {
    isStopped = true
    stoppedBy = error
    fail(machine.stopped(), error)
    timer?.cancel()
    connection?.close(error)
  }

  // MARK: The connection

  func greeted(_ handler: RedisConnectionHandler) {
    hasGreeted = true
    target.refusals.accepted(by: target.endpoint)
    handler.send(machine.connected().compactMap { waiting.removeValue(forKey: $0) })
    setTimer()
  }

  func ended(_ handler: RedisConnectionHandler, _ error: RedisError, refusal: RedisHandshake.Refusal?) {
    guard connection === handler else { return }
    connection = nil
    if hasGreeted { target.losses.lost() }
    hasGreeted = false
    let isHopeless = refusal?.isLasting ?? (error.code == .tls || error.code == .protocolViolation)
    if isHopeless, target.refusals.isNew(error, by: target.endpoint) {
      logger.error(
        "Redis rejected the connection (credentials or configuration)", metadata: ["server": "\(target.endpoint)", "error": "\(error)"])
    }
    disconnected(error, isHopeless: isHopeless)
  }

  private func dial() {
    let target = target
    let deadline = eventLoop.now + target.connectTimeout
    let owner = NIOLoopBound(self, eventLoop: eventLoop)
    ClientBootstrap(group: eventLoop)
      .connectTimeout(target.connectTimeout)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        // A name with several addresses may have several channels tried; each has a handler of its own.
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls = target.tls { try pipeline.addHandler(NIOSSLClientHandler.make(tls, host: target.endpoint.host)) }
          try pipeline.addHandler(
            RedisConnectionHandler(
              handshake: target.handshake, usesTLS: target.tls != nil, handshakeDeadline: deadline, bounds: target.bounds,
              owner: owner.value))
        }
      }
      .connect(host: target.endpoint.host, port: target.endpoint.port)
      .assumeIsolated()
      .whenComplete { [weak self] result in
        switch result {
        case .success(let channel): self?.opened(channel)
        case .failure(let error):
          self?.disconnected(RedisError(.unreachable, "\(target.endpoint) cannot be reached: \(Self.text(error))"), isHopeless: false)
        }
      }
  }

  private func opened(_ channel: any Channel) {
    let handler = try? channel.pipeline.syncOperations.handler(type: RedisConnectionHandler.self)
    guard !isStopped, channel.isActive, let handler, !handler.isEnded else {
      channel.close(promise: nil)
      return disconnected(RedisError(.connectionLost, "the server closed the connection at once"), isHopeless: false)
    }
    connection = handler
  }

  private func disconnected(_ error: RedisError, isHopeless: Bool) {
    lastError = error
    logger.debug("connection to Redis ended", metadata: ["server": "\(target.endpoint)", "error": "\(error)"])
    fail(machine.disconnected(isHopeless: isHopeless, jitter: jitter(), at: eventLoop.now), down)
    setTimer()
  }

  // MARK: Time

  private func setTimer() {
    guard let next = machine.nextTime, next < timerAt else { return }
    timer?.cancel()
    timerAt = next
    timer = eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] in self?.checkTime() }
  }

  private func checkTime() {
    timerAt = .distantFuture
    for action in machine.timePassed(at: eventLoop.now) {
      switch action {
      case .fail(let ids):
        fail(ids, RedisError(.timedOut, "no connection to \(target.endpoint) within the command's deadline: \(lastError)"))
      case .dial: dial()
      }
    }
    setTimer()
  }

  private func fail(_ ids: [UInt64], _ error: RedisError) { for id in ids { waiting.removeValue(forKey: id)?.fail(error) } }

  /// Error for a command that was never sent.
  private var down: RedisError {
    var error = lastError
    error.mayHaveRun = false
    if error.code == .timedOut || error.code == .connectionLost { error.code = .unreachable }
    return error
  }

  private static func text(_ error: any Error) -> String {
    guard let failure = error as? NIOConnectionError else { return NetworkFault.words(error) }
    return failure.connectionErrors.first.map { NetworkFault.words($0.error) } ?? NetworkFault.nameNotFound
  }
}

extension RedisHandshake.Refusal {
  /// True if dialling again soon is of no use.
  var isLasting: Bool {
    switch self {
    case .authentication, .configuration, .unexpectedReply: true
    case .isNoMaster, .notYet: false
    }
  }
}

extension NIOSSLClientHandler {
  /// An address is no server name: the certificate is then held against the address itself.
  static func make(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }
}
