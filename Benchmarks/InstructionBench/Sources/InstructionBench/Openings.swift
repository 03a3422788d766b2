import Logging
import NIOCore
import NIOEmbedded
import VoiceAuth
import VoiceCore
import VoiceGateway

/// A session from its request to its end, through the gateway with all that it keeps in memory: token, limiter, lease, dial,
/// `session.created`, the client's goodbye, what is given back.
enum Openings {
  static func run(_ count: Int) throws {
    let loop = EmbeddedEventLoop()
    let bound = NIOLoopBound(loop, eventLoop: loop)
    let minter = try TokenMinter(secret: Tokens.secret)
    let tokens = (0..<64).map { minter.mint(user: "user-\($0)", plan: "elite", now: Tokens.now) }
    let gateway = try gateway(on: loop)
    OneThread().run {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await gateway.run() }
        for index in 0..<count {
          let request = SessionRequest(endpoint: .realtime, token: tokens[index % 64], address: "192.0.2.7")
          try await open(request, at: gateway, on: bound.value)
        }
        gateway.drain(grace: .zero)
        try await tasks.waitForAll()
      }
    } idle: {
      loop.run()
    }
  }

  private static func gateway(on loop: any EventLoop) throws -> VoiceGateway {
    var configuration = GatewayConfiguration()
    configuration.upstream = .server("ws://upstream/v1/realtime", key: Secret("key"))
    // Asked, and never reached.
    configuration.limits.sessionsPerWindow = 1_000
    configuration.limits.concurrentSessions = 1_000
    configuration.limits.connectionsPerAddress = 1_000
    let dependencies = GatewayDependencies(
      verifier: try JWTVerifier(keys: KeySet(secret: Tokens.secret)) { Tokens.now }, connector: LegConnector(on: loop),
      wallClock: { Tokens.now }, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    return try VoiceGateway(configuration, dependencies)
  }

  /// Opens a session, hangs up when it is there, and returns when both legs are gone.
  private static func open(_ request: SessionRequest, at gateway: VoiceGateway, on loop: any EventLoop) async throws {
    let over = loop.makePromise(of: Void.self)
    loop.execute {
      let client = Leg(on: loop)
      client.ended = { over.succeed() }
      client.delegate = gateway.open(client, request, on: loop)
      client.flushed = { [unowned client] in
        precondition(client.sentBytes == Messages.sessionCreated.readableBytes, "the session was refused")
        client.flushed = nil
        client.close(WebSocketClosure(code: 1000))
      }
    }
    try await over.futureResult.get()
  }
}
