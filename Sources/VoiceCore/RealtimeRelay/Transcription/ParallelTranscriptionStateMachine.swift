import NIOCore

/// Lifecycle of the transcription connection: when it is dialled, which audio it gets, which of its words belong to the current turn.
///
/// The conversation does not depend on the connection: its words are one source of several.
struct ParallelTranscriptionStateMachine {
  enum Action: Equatable {
    case dial
    /// Name the format and the model.
    case configure(format: String?)
    case send(ByteBuffer)
    /// The turn ends: what comes behind is another one's.
    case commit(eventID: String)
    case clear
    /// It will not do: drop it.
    case hangUp
  }

  /// Turn that a delta's words belong to.
  enum Words: Equatable {
    case current
    /// Words of the turn that was committed last.
    case committed
  }

  private enum State: Equatable {
    /// Nothing is dialled; the next turn dials unless that is too early.
    case idle(until: NIODeadline)
    /// Becomes `configuring` with the server's first event.
    case dialling
    /// Becomes `ready` with `session.updated`.
    case configuring
    case ready
    /// The server does not take what is asked of it: it is not asked again.
    case refused
  }

  private var state = State.idle(until: .uptimeNanoseconds(0))
  private var failures = 0
  /// The audio before speech, and all that comes while the socket opens.
  private var kept = CircularBuffer<ByteBuffer>(initialCapacity: 1)
  private var keptBytes = 0
  /// The user speaks, or says himself when he has spoken.
  private var isListening = false
  private var detectsTurns = true
  private var format: String?
  /// Audio was sent since the last commit.
  private var hasSent = false
  private var commits = 0
  /// Commits that the server has not acknowledged.
  private var outstanding: Set<String> = []
  private var finishedItems: [String] = []

  /// A second and a third of PCM at 24 kHz, in base64.
  private static let keptLimit = 88_000
  private static let firstPause = TimeAmount.seconds(1)
  private static let longestPause = TimeAmount.seconds(60)

  // MARK: The conversation

  /// `session.created` or `session.updated` of the conversation. `format`: the input's, as JSON; nil is the default.
  mutating func sessionEchoed(format: String?, detectsTurns: Bool, at now: NIODeadline) -> [Action] {
    self.detectsTurns = detectsTurns
    if !detectsTurns { isListening = true }
    let isOther = format != self.format
    self.format = format
    guard isOther, state == .ready else { return dialIfIdle(at: now) }
    state = .configuring
    return [.configure(format: format)]
  }

  mutating func speechStarted(at now: NIODeadline) -> [Action] {
    isListening = true
    return dialIfIdle(at: now) + flushKept()
  }

  mutating func audioAppended(_ event: ByteBuffer) -> [Action] {
    guard state == .ready, isListening else {
      keep(event)
      return []
    }
    hasSent = true
    return [.send(event)]
  }

  /// The audio so far became an item.
  mutating func committed() -> [Action] {
    isListening = !detectsTurns
    dropKept()
    guard hasSent, state == .ready else { return [] }
    hasSent = false
    commits += 1
    let id = "\(GatewayID.Kind.transcriptionCommit.rawValue)\(commits)"
    outstanding.insert(id)
    return [.commit(eventID: id)]
  }

  mutating func cleared() -> [Action] {
    dropKept()
    guard hasSent, state == .ready else { return [] }
    hasSent = false
    return [.clear]
  }

  // MARK: The socket

  mutating func created() -> [Action] {
    guard state == .dialling else { return [] }
    state = .configuring
    return [.configure(format: format)]
  }

  mutating func updated() -> [Action] {
    guard state == .configuring else { return [] }
    state = .ready
    failures = 0
    return isListening ? flushKept() : []
  }

  /// `input_audio_buffer.committed`.
  mutating func commitAcknowledged(item: String) {
    if let oldest = outstanding.min(by: { ($0.count, $0) < ($1.count, $1) }) { outstanding.remove(oldest) }
    finish(item)
  }

  /// An error event; `eventID` names the event that it is about.
  mutating func errorArrived(about eventID: String?) -> [Action] {
    if let eventID, outstanding.remove(eventID) != nil { return [] }
    guard state == .configuring else { return [] }
    state = .refused
    dropKept()
    return [.hangUp]
  }

  /// Deltas of a turn may come behind its commit.
  mutating func words(of item: String) -> Words {
    if finishedItems.contains(item) { return .committed }
    guard !outstanding.isEmpty else { return .current }
    // Nothing of the next turn was sent before the commit was acknowledged, or hardly anything.
    finish(item)
    return .committed
  }

  /// The dial came to nothing, or the socket is closed.
  mutating func lost(at now: NIODeadline) {
    guard state != .refused else { return }
    failures += 1
    let pause = Self.firstPause * (1 << min(failures - 1, 6))
    state = .idle(until: now + min(pause, Self.longestPause))
    hasSent = false
    outstanding = []
    finishedItems = []
  }

  // MARK: Within

  private mutating func dialIfIdle(at now: NIODeadline) -> [Action] {
    guard case .idle(let until) = state, now >= until else { return [] }
    state = .dialling
    return [.dial]
  }

  private mutating func keep(_ event: ByteBuffer) {
    guard state != .refused else { return }
    kept.append(event)
    keptBytes += event.readableBytes
    while keptBytes > Self.keptLimit, let oldest = kept.popFirst() { keptBytes -= oldest.readableBytes }
  }

  private mutating func flushKept() -> [Action] {
    guard state == .ready, !kept.isEmpty else { return [] }
    defer { dropKept() }
    hasSent = true
    return kept.map { .send($0) }
  }

  private mutating func dropKept() {
    kept.removeAll()
    keptBytes = 0
  }

  private mutating func finish(_ item: String) {
    guard !finishedItems.contains(item) else { return }
    finishedItems.append(item)
    if finishedItems.count > 16 { finishedItems.removeFirst() }
  }
}
