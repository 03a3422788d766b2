import NIOCore
import VoiceCore

@testable import VoiceSimulator

/// A client on a wire of no length to the machine, and a clock that stands until it is told to go on. Speech is there at once.
struct SimulatedClient {
  private(set) var machine: SimulatorStateMachine
  private(set) var now: NIODeadline
  /// All that was said to the client so far.
  private(set) var events: [JSON] = []
  /// The texts of ``events``.
  private(set) var texts: [String] = []
  /// How the connection ended.
  private(set) var ending: SimulatorStateMachine.Action?

  init(
    _ configuration: SimulatorConfiguration = SimulatorConfiguration(), opening: SimulatorOpening? = nil, connection: UInt64 = 1
  ) {
    now = .uptimeNanoseconds(1)
    let opening = opening ?? SimulatorOpening(model: "gpt-realtime-2.1", key: Secret("key"))
    machine = SimulatorStateMachine(
      configuration: configuration, opening: opening, connection: connection, unixSeconds: 1_795_000_000, at: now)
    take(machine.opened(at: now))
  }

  var closure: WebSocketClosure? { if case .close(let closure) = ending { closure } else { nil } }
  /// Since the opening.
  var milliseconds: Double { Double((now - .uptimeNanoseconds(1)).nanoseconds) / 1e6 }

  private mutating func take(_ actions: [SimulatorStateMachine.Action]) {
    for action in actions {
      switch action {
      case .send(let bytes):
        texts.append(String(buffer: bytes))
        events.append(JSON.parse(bytes) ?? .null)
      case .speak(let request, let response):
        // A quarter of a second a word, without a sound: what it sounds like is for other tests to hear.
        let words = request.text.split(separator: " ").count
        let speech = Speech(samples: [Int16](repeating: 0, count: words * 6_000), format: request.format)
        take(machine.speechMade(speech, for: response, at: now))
      case .close, .drop, .reset: ending = action
      }
    }
  }

  // MARK: Time

  mutating func pass(milliseconds: Double) { pass(until: now + .nanoseconds(Int64(milliseconds * 1e6))) }

  /// - Parameter milliseconds: since the opening; earlier times than now are no step back.
  mutating func pass(untilMilliseconds milliseconds: Double) {
    pass(until: .uptimeNanoseconds(1) + .nanoseconds(Int64(milliseconds * 1e6)))
  }

  private mutating func pass(until end: NIODeadline) {
    while let next = machine.nextDeadline, next <= end {
      now = max(now, next)
      take(machine.deadlinePassed(at: now))
    }
    now = max(now, end)
  }

  // MARK: Speaking

  mutating func send(_ event: JSON) { send(text: event.text) }

  mutating func send(text: String, isText: Bool = true) {
    take(machine.received(RealtimeMessage(ByteBuffer(string: text), isText: isText), at: now))
  }

  /// Appends audio as a microphone does, 100 ms after 100 ms.
  mutating func append(milliseconds: Int, isLoud: Bool) {
    for _ in 0..<(milliseconds / 100) {
      send(["type": "input_audio_buffer.append", "audio": .string(isLoud ? Self.tone : Self.silence)])
      pass(milliseconds: 100)
    }
  }

  /// A turn of the user's, with the pause that ends it.
  mutating func speak(milliseconds: Int = 1_500) {
    append(milliseconds: milliseconds, isLoud: true)
    append(milliseconds: 400, isLoud: false)
  }

  mutating func write(_ text: String) {
    let content: JSON = [["type": "input_text", "text": .string(text)]]
    send(["type": "conversation.item.create", "item": ["type": "message", "role": "user", "content": content]])
  }

  mutating func update(_ session: JSON) {
    send(["type": "session.update", "session": session.merged(with: ["type": "realtime"])])
  }

  private static let silence = String(buffer: Base64.encode([UInt8](repeating: 0, count: 4_800)[...]))
  private static let tone: String = {
    let samples = (0..<2_400).map { Int16($0 % 100 < 50 ? 6_000 : -6_000) }
    return String(buffer: Base64.encode(AudioFormat.pcm16.encoded(samples)[...]))
  }()

  // MARK: What came back

  var types: [String] { events.compactMap { $0["type"]?.string } }

  func events(_ type: String) -> [JSON] { events.filter { $0["type"]?.string == type } }

  func last(_ type: String) -> JSON? { events.last { $0["type"]?.string == type } }

  var errorCodes: [String] { events("error").map { $0["error"]?["code"]?.string ?? "-" } }

  mutating func forgetEvents() { (events, texts) = ([], []) }

  mutating func forgetEvent(_ type: String) { events.removeAll { $0["type"]?.string == type } }
}
