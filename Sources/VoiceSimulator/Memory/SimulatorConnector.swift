public import NIOCore
public import VoiceCore

/// Dials a simulated Realtime server in memory: no socket, no process, and any event loop, an `EmbeddedEventLoop` too.
///
/// ```swift
/// let loop = EmbeddedEventLoop()
/// let upstream = SimulatorConnector()
/// relay.admit(grant, connector: upstream, target: RealtimeTarget(url: "ws://simulator/v1/realtime?model=gpt-realtime-2.1"))
/// loop.advanceTime(by: .seconds(2))
/// ```
/// Each connection is one session of the server. A connector made anew with the same configuration says the same, byte for byte, to a
/// client that does the same at the same times; speech is tones, so that nothing waits for a thread.
public struct SimulatorConnector: RealtimeConnector {
  private let configuration: SimulatorConfiguration
  private let unixSeconds: @Sendable () -> Int64
  private let synthesizer = SpeechSynthesizer(voice: nil, pool: nil)
  private let counter = ConnectionCounter()

  /// - Parameter unixSeconds: the time of day, for `expires_at`.
  /// - Parameter configuration: settings.
  public init(
    configuration: SimulatorConfiguration = SimulatorConfiguration(), unixSeconds: @escaping @Sendable () -> Int64 = { 1_795_000_000 }
  ) {
    self.configuration = configuration
    self.unixSeconds = unixSeconds
  }

  /// Opens on the next tick of `eventLoop`. A wrong key or model is reported as the server does: after the upgrade. A `url` that is none
  /// fails with `RealtimeConnectError.Code.invalidURL`.
  public func connect(
    to target: RealtimeTarget, on eventLoop: any EventLoop, opened: @escaping (any RealtimeConnection) -> any RealtimeConnectionDelegate,
    failed: @escaping (RealtimeConnectError) -> Void
  ) {
    eventLoop.assumeIsolated().execute {
      guard let path = Self.path(of: target.url) else {
        return failed(RealtimeConnectError(.invalidURL, "no ws:// or wss:// URL"))
      }
      let (near, far) = LoopbackConnection.pair(on: eventLoop)
      let machine = SimulatorStateMachine(
        configuration: configuration, opening: SimulatorOpening(path: path, fields: target.headers), connection: counter.next(),
        unixSeconds: unixSeconds(), at: eventLoop.now)
      far.delegate = SimulatorSession(far, on: eventLoop, machine: machine, synthesizer: synthesizer)
      near.delegate = opened(near)
    }
  }

  /// The path with its query.
  private static func path(of url: String) -> String? {
    guard let scheme = ["ws://", "wss://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
    let bytes = url.utf8.dropFirst(scheme.utf8.count)
    guard let first = bytes.first, first != UInt8(ascii: "/") else { return nil }
    return bytes.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }.map { String(url[$0...]) } ?? "/"
  }
}
