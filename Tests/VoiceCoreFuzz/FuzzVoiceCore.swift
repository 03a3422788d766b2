import NIOCore

@testable import VoiceCore
@testable import VoiceTransport

/// Input of `scripts/fuzz.sh relay`: everything of the relay that reads what a peer wrote.
///
/// The first byte chooses the reader. Beside crashes and what the sanitizer sees, each reader's own promise is checked.
enum FuzzVoiceCore {
  private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private static let policy = SessionPolicyConfiguration(
    instructions: "HOUSE", transcriptionModel: "w", holdsResponses: true, maxOutputTokens: 200, allowedModels: ["m"],
    tools: [ToolDefinition(name: "t", description: "d", parameters: "{}")])

  static func run(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let bytes = ByteBuffer(bytes: input.dropFirst())
    switch choice % 7 {
    case 0: frames(bytes, role: .server)
    case 1: frames(bytes, role: .client)
    case 2: scan(bytes)
    case 3: edit(bytes)
    case 4: merge(bytes)
    case 5: numbers(bytes)
    default: converse(bytes)
    }
  }

  private static func frames(_ bytes: ByteBuffer, role: WebSocketRole) {
    var whole = WebSocketFrameStateMachine(role: role, maxMessageBytes: 65_536, maxFragments: 64)
    var input = bytes
    var events = 0
    while whole.next(from: &input) != nil {
      events += 1
      precondition(events <= bytes.readableBytes + 1, "a frame has at least two bytes")
    }
  }

  private static func scan(_ bytes: ByteBuffer) {
    let scan = EventScanner.scanWhole(bytes)
    _ = EventScanner.scanFirst(bytes)
    guard case .event(let kind) = scan else { return }
    _ = ControlEvent.client(kind, bytes)
    _ = ControlEvent.server(kind, bytes)
    _ = RealtimeMessage(bytes).appendedAudioBytes
    _ = RealtimeMessage(bytes).audioResponseID
    var reader = AudioDeltaReader()
    let first = reader.characters(in: bytes)
    precondition(reader.characters(in: bytes) == first, "a delta read by its ends is what it was when it was walked")
  }

  /// What was edited is still one event, with the value that was set.
  private static func edit(_ bytes: ByteBuffer) {
    guard case .event(let kind) = EventScanner.scanWhole(bytes) else { return }
    let path: [StaticString] = ["session", "audio", "input", "turn_detection", "create_response"]
    if let edited = JSONEditor.setting(path, to: "false", in: bytes) {
      precondition(EventScanner.scanWhole(edited, limits: .upstream) == .event(kind), "an edit keeps the event")
      let set = edited.withJSON { event -> Bool? in
        path.reduce(Optional(event)) { $0?.member($1) }?.bool
      }
      precondition(set == false, "an edit is found again")
    }
    let removed = JSONEditor.removing(["session", "model"], in: bytes)
    precondition(EventScanner.scanWhole(removed, limits: .upstream) == .event(kind), "a removal keeps the event")
  }

  private static func merge(_ bytes: ByteBuffer) {
    let text = String(buffer: bytes)
    let halves = text.split(separator: "\n", maxSplits: 1).map(String.init)
    guard halves.count == 2, let merged = JSONMerge.merged(halves[0], with: halves[1]) else { return }
    precondition(merged.utf8.count <= text.utf8.count + 64, "a merge makes nothing up")
    _ = SessionSettings(json: merged)
  }

  private static func numbers(_ bytes: ByteBuffer) {
    bytes.withJSON { event -> Void? in
      event.forEachMember { _, value in
        if let number = value.number { precondition(abs(number) <= 9_007_199_254_740_992, "a number is clamped") }
        if let seconds = value.seconds { precondition((0...86_400).contains(seconds)) }
        if let count = value.count { precondition((0...1_000_000_000).contains(count)) }
        if let usage = TokenUsage(json: value) {
          var counters = SessionCounters()
          counters.usage.add(usage)
          counters.spent(PriceTable.published.cost(of: usage, model: "gpt-realtime-2.1"))
          precondition(counters.costNanoUSD >= 0, "nothing lowers a bill")
        }
      }
      return nil
    }
  }

  /// A conversation of both sides, one event a line; the client's begin with `>`.
  private static func converse(_ bytes: ByteBuffer) {
    var machine = ConversationStateMachine(policy: policy)
    for line in String(buffer: bytes).split(separator: "\n").prefix(64) {
      var actions: [ConversationStateMachine.Action] = []
      let isClients = line.first == ">"
      let event = ByteBuffer(string: isClients ? String(line.dropFirst()) : String(line))
      guard case .event(let kind) = EventScanner.scanWhole(event) else {
        if line == "!" {
          machine.upstreamLost(at: now, &actions)
          _ = machine.upstreamReplaced(SessionSettings(), &actions)
        }
        continue
      }
      if isClients {
        _ = machine.clientSent(ControlEvent.client(kind, event), event, at: now, &actions)
      } else {
        _ = machine.upstreamSent(ControlEvent.server(kind, event), event, at: now, &actions)
      }
      for case .sendToClient(let said) in actions {
        for secret in ["\"gw_item_", "\"gw_resp_", "\"gw_upd_"] where !isClients {
          precondition(!String(buffer: said).contains(secret) || String(buffer: event).contains(secret), "what is hidden is not told")
        }
      }
    }
    _ = machine.stored
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzerTestOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  FuzzVoiceCore.run(UnsafeRawBufferPointer(start: data, count: size))
  return 0
}
