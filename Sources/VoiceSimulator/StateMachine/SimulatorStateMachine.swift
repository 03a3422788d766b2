import NIOCore
import VoiceCore

/// One connection to a simulated OpenAI Realtime server: its replies to each event, and when.
///
/// Pure: no clock, no IO. Every event that comes in, and every deadline that passes, answers what to do.
struct SimulatorStateMachine {
  enum Action: Equatable {
    case send(ByteBuffer)
    /// Make this speech and bring it to `speechMade(_:for:at:)`.
    case speak(SpeechRequest, response: String)
    case close(WebSocketClosure)
    /// The connection ends without a close frame.
    case drop
    /// The connection is reset.
    case reset
  }

  /// Step that is due later.
  enum Step {
    case event(String, JSONObject)
    case transcribe(item: String)
    /// A transcript that was held back goes out, whatever became of the others.
    case releaseTranscript(item: String)
    case failTranscript(item: String, SimulatorTurn.Fault)
    case respond
    case idle
    case expire
    case drop
    case reset
    case stall
  }

  private struct Scheduled {
    var at: NIODeadline
    var number: Int
    var step: Step
  }

  let configuration: SimulatorConfiguration
  let opening: SimulatorOpening
  let conversationID: String
  var generator: SplitMix64
  private(set) var now: NIODeadline
  var session: JSON
  var conversation: Conversation
  /// Those that are being made, oldest first.
  var responses: [Response] = []
  /// The response that writes to the conversation.
  var activeResponse: String?
  var detector = VoiceActivityDetector()
  var buffer: InputAudioBuffer
  /// The user's item that is being spoken.
  var speech: UserSpeech?
  /// End of the user's last item, on the audio clock.
  var committedUpTo = 0
  var script: ScriptCursor
  /// Spoken turns so far.
  var turns = 0
  /// A transcript that waits for the next turn's, so that they come out of order.
  var heldTranscript: String?
  var lastPrompt: PromptTokens?
  var rateLimit: TokenRateLimit
  /// The voice is fixed once it was heard.
  var hasSpoken = false

  private var actions: [Action] = []
  private var schedule: [Scheduled] = []
  private var steps = 0
  private var isStalled = false
  private var isClosed = false

  init(configuration: SimulatorConfiguration, opening: SimulatorOpening, connection: UInt64, unixSeconds: Int64, at now: NIODeadline) {
    self.configuration = configuration
    self.opening = opening
    self.now = now
    generator = SplitMix64(seed: configuration.seed &* 1_000_003 &+ connection)
    conversationID = generator.id("conv_")
    conversation = Conversation(maxAudioBytes: configuration.maxAudioBytes)
    script = ScriptCursor(configuration.script)
    rateLimit = TokenRateLimit(at: now)
    session = SessionObject.initial(
      opening, id: generator.id("sess_"), expiresAt: unixSeconds + configuration.sessionLifetime.components.seconds)
    buffer = InputAudioBuffer(limit: configuration.maxAudioBytes, format: .pcm16)
    applySettings()
  }

  var nextDeadline: NIODeadline? {
    let deadlines = responses.compactMap(\.stream.nextDeadline)
    guard let first = schedule.first?.at else { return deadlines.min() }
    return deadlines.min().map { min($0, first) } ?? first
  }

  /// The upgrade is done: the first event, or a fatal error.
  mutating func opened(at now: NIODeadline) -> [Action] {
    self.now = now
    if let (fault, closure) = RejectedOpening.judge(opening, configuration) {
      fail(fault)
      close(closure)
      return take()
    }
    send("session.created", ["session": session])
    if configuration.errorCode == "session_expired" {
      expire()
      return take()
    }
    let knobs: [(Duration?, Step)] = [
      (configuration.dropAfter, .drop), (configuration.resetAfter, .reset), (configuration.stallAfter, .stall),
      (configuration.sessionLifetime, .expire),
    ]
    for (delay, step) in knobs { if let delay { later(TimeAmount(delay), step) } }
    return take()
  }

  /// A message came.
  mutating func received(_ message: RealtimeMessage, at now: NIODeadline) -> [Action] {
    self.now = now
    guard !isClosed else { return [] }
    guard message.isText else {
      fail(SchemaViolation(code: "invalid_event", message: "Expected a text WebSocket message; binary frames are not supported."))
      return take()
    }
    if let audio = AppendedAudio.find(in: message.bytes) {
      append(audio)
    } else if let event = JSON.parse(message.bytes) {
      handle(event)
    } else {
      let message = "Invalid event: failed to parse JSON value. Please check the value to ensure it is valid JSON."
      fail(SchemaViolation(code: "invalid_json", message: message))
    }
    return take()
  }

  /// The speech that was asked for is there.
  mutating func speechMade(_ speech: Speech, for response: String, at now: NIODeadline) -> [Action] {
    self.now = now
    if let index = responses.firstIndex(where: { $0.id == response }) {
      responses[index].stream.speechMade(speech, saying: responses[index].text, at: now)
    }
    return take()
  }

  /// Performs the steps that are due, in order.
  mutating func deadlinePassed(at now: NIODeadline) -> [Action] {
    self.now = now
    while !isClosed {
      let streaming = responses.indices.min { left, right in
        (responses[left].stream.nextDeadline ?? .distantFuture) < (responses[right].stream.nextDeadline ?? .distantFuture)
      }
      let due = streaming.flatMap { responses[$0].stream.nextDeadline } ?? .distantFuture
      if let first = schedule.first, first.at <= now, first.at <= due {
        schedule.removeFirst()
        perform(first.step)
      } else if let streaming, due <= now {
        proceed(streaming)
      } else {
        break
      }
    }
    return take()
  }

  private mutating func take() -> [Action] {
    defer { actions = [] }
    return actions
  }

  // MARK: Saying

  mutating func send(_ type: String, _ members: JSONObject = [:]) {
    guard let start = beginEvent(type) else { return }
    var event = start
    if !members.isEmpty { event.writeInteger(UInt8(ascii: ",")) }
    event.writeJSONMembers(members)
    event.writeInteger(UInt8(ascii: "}"))
    actions.append(.send(event))
  }

  /// An event whose last member is audio in base64: written as it is, there are many.
  mutating func send(_ type: String, members: String, audio: ByteBuffer) {
    guard var event = beginEvent(type) else { return }
    event.reserveCapacity(event.readableBytes + members.utf8.count + audio.readableBytes + 16)
    event.writeString(members)
    event.writeStaticString(",\"delta\":\"")
    event.writeImmutableBuffer(audio)
    event.writeStaticString("\"}")
    actions.append(.send(event))
  }

  /// Nil where nothing is said any more. Ids are drawn all the same.
  private mutating func beginEvent(_ type: String) -> ByteBuffer? {
    let id = generator.id("event_")
    guard !isStalled, !isClosed else { return nil }
    var event = ByteBuffer()
    event.writeStaticString("{\"type\":\"")
    event.writeString(type)
    event.writeStaticString("\",\"event_id\":\"")
    event.writeString(id)
    event.writeStaticString("\"")
    return event
  }

  /// An `error` event of the provider's shape.
  mutating func fail(_ fault: SchemaViolation, about event: JSON? = nil) {
    let error: JSON = [
      "type": "invalid_request_error", "code": .optional(fault.code), "message": .string(fault.message), "param": .optional(fault.param),
      "event_id": event?["event_id"] ?? .null,
    ]
    send("error", ["error": error])
  }

  mutating func speak(_ request: SpeechRequest, response: String) { actions.append(.speak(request, response: response)) }

  private mutating func expire() {
    fail(SchemaViolation(code: "session_expired", message: "Your session hit the maximum duration of 60 minutes."))
    close(WebSocketClosure(code: 1_001))
  }

  private mutating func close(_ closure: WebSocketClosure) { end(.close(closure)) }

  private mutating func end(_ action: Action) {
    actions.append(action)
    isClosed = true
    schedule.removeAll()
    responses.removeAll()
  }

  // MARK: Later

  mutating func later(_ delay: TimeAmount, _ step: Step) {
    steps += 1
    let entry = Scheduled(at: now + delay, number: steps, step: step)
    let index = schedule.lastIndex { ($0.at, $0.number) < (entry.at, entry.number) }.map { $0 + 1 } ?? 0
    schedule.insert(entry, at: index)
  }

  mutating func forget(_ matches: (Step) -> Bool) { schedule.removeAll { matches($0.step) } }

  private mutating func perform(_ step: Step) {
    switch step {
    case .event(let type, let members): send(type, members)
    case .transcribe(let item): transcriptFinished(of: item)
    case .releaseTranscript(let item): releaseTranscript(of: item)
    case .failTranscript(let item, let fault): failTranscript(of: item, fault)
    case .respond: respond(to: nil)
    case .idle: idleTimeoutPassed()
    case .expire: expire()
    case .drop: end(.drop)
    case .reset: end(.reset)
    case .stall: isStalled = true
    }
  }
}
