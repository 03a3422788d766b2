import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One spoken conversation with a gateway, over as many connections as it takes.
///
/// An actor, since the app, the network and the microphone each come from a task of their own. ``run()`` does the work, ``events`` tells.
public actor VoiceRealtimeClient {
  private let configuration: VoiceConfiguration
  private let urlSession: URLSession
  private var machine = ConversationStateMachine()
  private var reconnection: ReconnectionStateMachine
  private var socket: URLSessionWebSocketTask?
  private var isOpen = false
  private var isWanted = true
  private var lastHeard = ContinuousClock.now
  private let teller: AsyncStream<VoiceEvent>.Continuation
  /// Every event, in order, up to `ended`. What is not read is kept up to a bound; then the oldest audio goes.
  public nonisolated let events: AsyncStream<VoiceEvent>

  public init(_ configuration: VoiceConfiguration, urlSession: URLSession = .shared) {
    self.configuration = configuration
    self.urlSession = urlSession
    reconnection = configuration.reconnection
    (events, teller) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
  }

  /// Connects, and comes back, until the session ends or the task is cancelled.
  public func run() async {
    var reason = VoiceConfiguration.TokenReason.open
    while isWanted, !Task.isCancelled {
      let ending = await connect(reason)
      isOpen = false
      socket = nil
      guard isWanted, !Task.isCancelled else { return finish(ending) }
      switch reconnection.ended(ending, hasSession: machine.session != nil, random: .random(in: 0...1)) {
      case .end: return finish(ending)
      case .retry(let delay, let resumes, let needsToken):
        if !resumes { machine.sessionLost() }
        reason = needsToken ? .refused : .open
        teller.yield(.reconnecting(ending, after: delay))
        try? await Task.sleep(for: delay)
      }
    }
    finish(VoiceEnding(code: "session_ended", closeCode: 1000, message: "The conversation has ended.", retry: .new))
  }

  /// PCM of the microphone, 16 bit, mono, 24 kHz, little-endian.
  public func append(_ pcm: Data) {
    guard isOpen else { return }
    send("{\"type\":\"input_audio_buffer.append\",\"audio\":\"\(pcm.base64EncodedString())\"}")
  }

  /// Tells how much of an item was heard, so that the gateway knows where an interrupted answer ends.
  public func played(item: String, milliseconds: Int) {
    guard isOpen else { return }
    send("{\"type\":\"voice.playback\",\"item_id\":\(Self.quoted(item)),\"audio_end_ms\":\(max(0, milliseconds))}")
  }

  public func say(_ text: String) {
    send(
      "{\"type\":\"conversation.item.create\",\"item\":{\"type\":\"message\",\"role\":\"user\","
        + "\"content\":[{\"type\":\"input_text\",\"text\":\(Self.quoted(text))}]}}")
    send("{\"type\":\"response.create\"}")
  }

  /// Stops the answer. The app silences its loudspeaker itself.
  public func interrupt() {
    if machine.response != nil { send("{\"type\":\"response.cancel\"}") }
    _ = machine.silence()
  }

  /// Any event of the Realtime API, as JSON.
  public func send(_ json: String) { socket?.send(.string(json)) { _ in } }

  /// Says goodbye; ``run()`` returns when the gateway has closed.
  public func end() {
    isWanted = false
    send("{\"type\":\"voice.session.end\"}")
    let socket = socket
    Task {
      try? await Task.sleep(for: .seconds(3))
      socket?.cancel(with: .normalClosure, reason: nil)
    }
  }

  private func connect(_ reason: VoiceConfiguration.TokenReason) async -> VoiceEnding {
    guard let address = configuration.address(resuming: machine.session) else {
      return VoiceEnding(code: "invalid_url", closeCode: 0, message: "The gateway's address is not http, https, ws or wss.", retry: .never)
    }
    var request = URLRequest(url: address)
    do {
      request.setValue("Bearer \(try await configuration.token(reason))", forHTTPHeaderField: "Authorization")
    } catch {
      return VoiceEnding(code: "token_unavailable", closeCode: 0, message: "\(error)", retry: .resume)
    }
    let task = urlSession.webSocketTask(with: request)
    task.maximumMessageSize = 16 << 20
    socket = task
    machine.connected()
    lastHeard = .now
    task.resume()
    let pings = Task { await self.keepAlive(task) }
    defer { pings.cancel() }
    return await withTaskCancellationHandler {
      do {
        while true { hear(try await task.receive()) }
      } catch {
        let code = task.closeCode.rawValue
        let reason = task.closeReason.flatMap { String(data: $0, encoding: .utf8) } ?? error.localizedDescription
        return .of(closeCode: code == 0 ? 1006 : code, reason: reason, lastError: machine.lastError)
      }
    } onCancel: {
      task.cancel(with: .normalClosure, reason: nil)
    }
  }

  private func keepAlive(_ task: URLSessionWebSocketTask) async {
    while (try? await Task.sleep(for: configuration.pingInterval)) != nil {
      // Two intervals without a word, answers to pings included.
      if ContinuousClock.now - lastHeard > configuration.pingInterval * 2 { return task.cancel(with: .abnormalClosure, reason: nil) }
      send("{\"type\":\"ping\"}")
    }
  }

  private func hear(_ message: URLSessionWebSocketTask.Message) {
    lastHeard = .now
    guard case .string(let text) = message, let event = ServerEvent(text) else { return }
    for action in machine.received(event) {
      switch action {
      case .tell(let told):
        if case .ready(let session) = told { ready(session) }
        teller.yield(told)
      case .silence: break  // The app hears `userStartedSpeaking`.
      case .refreshToken: Task { await self.refreshToken() }
      }
    }
  }

  private func ready(_ session: VoiceEvent.Session) {
    reconnection.admitted()
    isOpen = true
    if !session.isResumed { send("{\"type\":\"session.update\",\"session\":\(configuration.session)}") }
  }

  private func refreshToken() async {
    guard let token = try? await configuration.token(.expiring) else { return }
    send("{\"type\":\"voice.token.refresh\",\"token\":\(Self.quoted(token))}")
  }

  private func finish(_ ending: VoiceEnding) {
    teller.yield(.ended(ending))
    teller.finish()
  }

  private static func quoted(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
