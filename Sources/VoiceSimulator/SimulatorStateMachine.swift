import Foundation
public import NIOCore
public import VoiceCore

/// One connection to a simulated OpenAI Realtime server: what it says to what it hears, and when.
///
/// Pure: no clock, no IO. Every event that comes in, and every deadline that passes, answers what to do.
public struct SimulatorStateMachine {
  public enum Action: Equatable {
    case send(ByteBuffer)
    case close(WebSocketClosure)
    /// The connection ends without a close frame.
    case drop
    /// The connection is reset.
    case reset
  }

  /// What the client asked for when it connected.
  public struct Opening: Sendable, Equatable {
    public var model: String?
    public var key: String?
    public var hasBetaHeader = false
    public var isTranscription = false
    public init() {}
  }

  /// What is to happen later. A step that belongs to a response goes with it when that is cancelled.
  enum Step {
    case event(JSON)
    case outputItemAdded
    case transcriptDelta(String)
    case audioDelta([UInt8])
    case textDelta(String)
    case argumentsDelta(String)
    case finish
    case transcribe(item: String)
    case respond
    case idle
    case expire
    case drop
    case reset
    case stall
  }

  struct Scheduled {
    var at: NIODeadline
    var number: Int
    var response: String?
    var step: Step
  }

  let configuration: SimulatorConfiguration
  let opening: Opening
  let conversationID: String
  var generator: SplitMix
  var now: NIODeadline
  var actions: [Action] = []
  var schedule: [Scheduled] = []
  var session: JSON = [:]
  var items: [Item] = []
  var responses: [String: Response] = [:]
  /// The response that writes to the conversation.
  var activeResponse: String?
  var detector = VoiceActivityDetector()
  /// Audio of the buffer, in milliseconds, and where it began.
  var bufferedMilliseconds = 0
  var bufferStart = 0
  /// The user's item that is being spoken, and its words.
  var speaking: Speaking?
  var turn = 0
  /// What the user is taken to have said, by item.
  var heard: [String: String] = [:]
  var previousInputTokens = 0
  private var isStalled = false
  private var isClosed = false
  private var number = 0

  /// A part of the conversation.
  struct Item {
    var id: String
    var json: JSON
    /// Of a user's or assistant's audio.
    var audioMilliseconds = 0
  }

  struct Speaking {
    var item: String
    var words: [String]
    var said = 0
  }

  public init(configuration: SimulatorConfiguration, opening: Opening, connection: UInt64, unixSeconds: Int64, at now: NIODeadline) {
    self.configuration = configuration
    self.opening = opening
    self.now = now
    generator = SplitMix(seed: configuration.seed &* 1_000_003 &+ connection)
    conversationID = generator.id("conv_")
    session = Self.defaultSession(
      model: opening.model, isTranscription: opening.isTranscription, id: generator.id("sess_"),
      expiresAt: unixSeconds + configuration.sessionLifetime.components.seconds)
  }

  public var nextDeadline: NIODeadline? { schedule.first?.at }

  /// The upgrade is done: the first event, or a fatal error.
  public mutating func opened(at now: NIODeadline) -> [Action] {
    self.now = now
    if let (error, closure) = fatalOpening {
      send(["type": "error", "error": error])
      close(closure)
      return take()
    }
    send(["type": "session.created", "session": session])
    let knobs: [(Duration?, Step)] = [
      (configuration.dropAfter, .drop), (configuration.resetAfter, .reset), (configuration.stallAfter, .stall),
      (configuration.sessionLifetime, .expire),
    ]
    for (delay, step) in knobs { if let delay { later(delay, step) } }
    return take()
  }

  private var fatalOpening: (JSON, WebSocketClosure)? {
    func fatal(_ code: String?, _ message: String, _ close: UInt16) -> (JSON, WebSocketClosure) {
      let error: JSON = [
        "type": "invalid_request_error", "code": code.map { .string($0) } ?? .null, "message": .string(message), "param": nil,
        "event_id": nil,
      ]
      return (error, WebSocketClosure(code: close, reason: "invalid_request_error" + (code.map { ".\($0)" } ?? "")))
    }
    if opening.hasBetaHeader {
      return fatal(
        "beta_api_shape_disabled", "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.", 4_000)
    }
    guard let key = opening.key, !key.isEmpty else {
      return fatal(
        nil, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.", 3_000)
    }
    if configuration.fatalOpen == .auth || !(configuration.keys?.contains(key) ?? true) {
      return fatal("invalid_api_key", "Incorrect API key provided: \(key.prefix(2))***. You can find your API key in your account.", 3_000)
    }
    guard !opening.isTranscription else { return nil }
    guard let model = opening.model, !model.isEmpty else { return fatal("missing_model", "You must provide a model parameter.", 4_000) }
    if configuration.fatalOpen == .model || model.hasPrefix("gpt-live") || !(configuration.models?.contains(model) ?? true) {
      return fatal("invalid_model", "Model \"\(model)\" is not supported in realtime mode.", 4_000)
    }
    return nil
  }

  /// A message came.
  public mutating func received(_ message: RealtimeMessage, at now: NIODeadline) -> [Action] {
    self.now = now
    guard !isClosed else { return [] }
    guard message.isText else {
      fail("invalid_event", "Expected a text WebSocket message; binary frames are not supported.")
      return take()
    }
    if let audio = AppendedAudio(message.bytes) {
      append(audio.bytes)
    } else if let event = try? JSONDecoder().decode(JSON.self, from: Data(message.bytes.readableBytesView)), event.object != nil {
      handle(event)
    } else {
      fail("invalid_json", "Invalid event: failed to parse JSON value. Please check the value to ensure it is valid JSON.")
    }
    return take()
  }

  /// What is due happens.
  public mutating func deadlinePassed(at now: NIODeadline) -> [Action] {
    self.now = now
    while let first = schedule.first, first.at <= now, !isClosed {
      schedule.removeFirst()
      perform(first)
    }
    return take()
  }

  // MARK: Saying

  mutating func send(_ event: JSON) {
    guard !isStalled, !isClosed else { return }
    var event = event
    event["event_id"] = .string(generator.id("event_"))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    guard let data = try? encoder.encode(event) else { preconditionFailure("JSON values can be encoded") }
    actions.append(.send(ByteBuffer(bytes: data)))
  }

  /// An `error` event of the provider's shape.
  mutating func fail(_ code: String?, _ message: String, param: String? = nil, about event: JSON? = nil) {
    send([
      "type": "error",
      "error": [
        "type": "invalid_request_error", "code": code.map { .string($0) } ?? .null, "message": .string(message),
        "param": param.map { .string($0) } ?? .null, "event_id": event?["event_id"] ?? .null,
      ],
    ])
  }

  mutating func close(_ closure: WebSocketClosure) {
    actions.append(.close(closure))
    isClosed = true
    schedule.removeAll()
  }

  private mutating func take() -> [Action] {
    defer { actions = [] }
    return actions
  }

  // MARK: Later

  mutating func later(_ delay: Duration, _ step: Step, response: String? = nil) {
    number += 1
    let entry = Scheduled(at: now + TimeAmount(delay), number: number, response: response, step: step)
    let index = schedule.firstIndex { ($0.at, $0.number) > (entry.at, entry.number) } ?? schedule.endIndex
    schedule.insert(entry, at: index)
  }

  mutating func forget(_ matches: (Step) -> Bool) { schedule.removeAll { matches($0.step) } }

  private mutating func perform(_ entry: Scheduled) {
    switch entry.step {
    case .event(let event): send(event)
    case .outputItemAdded, .transcriptDelta, .audioDelta, .textDelta, .argumentsDelta, .finish:
      if let response = entry.response { proceed(response, entry.step) }
    case .transcribe(let item): completeTranscript(of: item)
    case .respond: respond(to: nil)
    case .idle: idleTimeoutPassed()
    case .expire:
      fail("session_expired", "Your session hit the maximum duration of 60 minutes.")
      close(WebSocketClosure(code: 1_001))
    case .drop: end(.drop)
    case .reset: end(.reset)
    case .stall: isStalled = true
    }
  }

  private mutating func end(_ action: Action) {
    actions.append(action)
    isClosed = true
    schedule.removeAll()
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// `prefix` and 21 letters and digits, as the provider's ids look.
  mutating func id(_ prefix: String) -> String { prefix + letters(21) }

  mutating func letters(_ count: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return String((0..<count).map { _ in alphabet[Int(next() % 62)] })
  }
}
