import Logging
import NIOCore
import NIOEmbedded
import VoiceCore

/// One message through a whole relay that is open, between two legs in memory: what a relay costs without its sockets.
enum RelayedMessages {
  static func up(_ count: Int) { run(Messages.append, count, isUp: true) }
  static func down(_ count: Int) { run(Messages.delta, count, isUp: false) }

  private static func run(_ bytes: ByteBuffer, _ count: Int, isUp: Bool) {
    let loop = EmbeddedEventLoop()
    let connector = LegConnector(on: loop)
    let client = Leg(on: loop)
    var generator = SystemRandomNumberGenerator()
    let relay = RealtimeRelay(
      context: SessionContext(id: SessionID(using: &generator), model: "gpt-realtime-2.1", hasVoiceEvents: true), client: client, on: loop,
      // The rates are looked after, and never reached.
      configuration: RealtimeRelayConfiguration(
        hasVoiceEvents: true,
        clientRate: ClientRateLimits(eventsPerSecond: 1_000_000_000, bytesPerSecond: 1_000_000_000, audioSpeed: 1_000_000)),
      wallClock: { Tokens.now }, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    client.delegate = relay.clientDelegate
    relay.handle.admit(SessionGrant(userID: "ada", plan: "elite"), connector: connector, target: RealtimeTarget(url: "ws://upstream"))
    loop.run()
    guard let upstream = connector.newest.value else { preconditionFailure("upstream was not dialled") }
    upstream.receive(RealtimeMessage(Messages.responseCreated))

    let (source, target) = isUp ? (client, upstream) : (upstream, client)
    let before = target.sentBytes
    let message = RealtimeMessage(bytes)
    for _ in 0..<count { source.receive(message) }
    // The gateway says something itself, too: a turn's times at its first audio.
    precondition(target.sentBytes - before >= count * bytes.readableBytes)
  }
}
