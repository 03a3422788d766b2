import NIOCore

/// Audio that was sent upstream and is not yet in an item: a new upstream receives it from its beginning.
///
/// Audio is kept from a little before the user begins to speak until the words are in the conversation as text, or were answered.
/// In silence only two seconds are kept, so that many open microphones cost little.
struct InputAudioReplayBuffer {
  struct Limits: Sendable, Equatable {
    /// Seconds of audio, while there are words that would be lost.
    var seconds = 10.0
    /// Seconds of audio otherwise: what upstream may have heard of a beginning without having said so.
    var quietSeconds = 2.0
    /// Seconds before a commit that may still have been on their way when upstream made it, where upstream does not say how far
    /// it got. Silence, at the end of a turn.
    var tailSeconds = 0.25
    /// Seconds by which upstream's word on that may be ahead of what it was given. Behind it may be by all that is kept: a burst, such as a
    /// replay, is heard turn by turn.
    var leadSeconds = 3.0
    var bytes: Int
    /// Appends and commits.
    var events = 4_096
  }

  private struct Entry {
    var message: RealtimeMessage
    /// Place among all that the client said.
    var sequence: Int
    /// Duration of the audio in seconds; zero for the client's commit.
    var seconds: Double
    /// End in seconds of all the audio that this upstream was sent.
    var end: Double
  }

  /// A committed item whose words are not text yet. Its audio ends before `end`, but the last of it may have come too late for it.
  private struct Committed {
    var item: String
    var end: Int
    var tail: Int
    var isBeingAnswered = false
    var isSettled: Bool
  }

  private let limits: Limits
  private var entries = CircularBuffer<Entry>(initialCapacity: 1)
  /// The number of the first entry, of all that there ever were.
  private var first = 0
  private var seconds = 0.0
  private(set) var bytes = 0
  private var committed: [Committed] = []
  /// Seconds of audio that this upstream was given.
  private var position = 0.0
  /// Seconds of audio that this upstream may not have heard yet: a replay is sent at once, and is heard as the turns in it are.
  private var behind = 0.0
  /// End of the turn to be committed next, if upstream reported it.
  private var turnEnd: Double?
  /// True between `speech_started` and the commit, also after a replay.
  private var isSpeaking = false
  /// The client says itself where its turns end: there is no `speech_started`.
  var isManual = false

  init(limits: Limits) { self.limits = limits }

  /// True if upstream will commit the replayed words by itself.
  var willBeCommitted: Bool { !isManual && (isSpeaking || !committed.isEmpty) }

  /// True if a client that ends its turns by itself is in the middle of one.
  var isInManualTurn: Bool {
    guard isManual else { return false }
    let begin = max(0, (committed.last?.end ?? first) - first)
    return (begin..<max(begin, entries.count)).contains { entries[offset: $0].seconds > 0 }
  }

  // MARK: From the client

  mutating func appended(_ message: RealtimeMessage, seconds: Double, sequence: Int = 0) {
    let seconds = max(seconds, .leastNonzeroMagnitude)
    position += seconds
    // What is said goes on in real time: so much of the rest was heard meanwhile.
    behind = max(0, behind - seconds)
    add(Entry(message: message, sequence: sequence, seconds: seconds, end: position))
    trim()
  }

  mutating func commitRequested(_ message: RealtimeMessage, sequence: Int = 0) {
    add(Entry(message: message, sequence: sequence, seconds: 0, end: position))
    trim()
  }

  /// The client does not want what is not committed yet.
  mutating func clearRequested() {
    isSpeaking = false
    let kept = max(0, (committed.last?.end ?? first) - first)
    while entries.count > kept { remove(entries.removeLast()) }
  }

  // MARK: From upstream

  /// There was nothing to commit.
  mutating func commitFailed() {
    let begin = max(0, (committed.last?.end ?? first) - first)
    guard let offset = (begin..<max(begin, entries.count)).first(where: { entries[offset: $0].seconds == 0 }) else { return }
    remove(entries.remove(at: entries.index(entries.startIndex, offsetBy: offset)))
  }

  mutating func speechStarted() { isSpeaking = true }

  /// `at`: in seconds of all the audio that this upstream was given; the item will end there.
  mutating func speechStopped(at end: Double?) { turnEnd = end }

  /// Makes an item of what was appended. `isAwaited`: its text follows, or an answer to it.
  mutating func committed(item: String, isAwaited: Bool) {
    isSpeaking = false
    let (end, tail) = endOfTurn()
    committed.append(Committed(item: item, end: end, tail: tail, isSettled: !isAwaited))
    dropSettled()
  }

  /// The words are text, or will never be.
  mutating func transcribed(item: String) {
    guard let index = committed.firstIndex(where: { $0.item == item }) else { return }
    committed[index].isSettled = true
    dropSettled()
  }

  /// A response to all that was committed was begun.
  mutating func answerBegan() { for index in committed.indices { committed[index].isBeingAnswered = true } }

  /// It was said to its end: to say the words again would have them answered again.
  mutating func answered() {
    for index in committed.indices where committed[index].isBeingAnswered { committed[index].isSettled = true }
    dropSettled()
  }

  /// A new upstream knows nothing of it: what it is to be given, in order. Kept until that one has made items of it.
  mutating func upstreamReplaced() -> [(sequence: Int, message: RealtimeMessage, isCommit: Bool)] {
    if !committed.isEmpty {
      committed = []
      isSpeaking = true
    }
    turnEnd = nil
    position = 0
    for index in entries.indices {
      position += entries[index].seconds
      entries[index].end = position
    }
    behind = position
    return entries.map { ($0.sequence, $0.message, $0.seconds == 0) }
  }

  // MARK: -

  private mutating func add(_ entry: Entry) {
    entries.append(entry)
    seconds += entry.seconds
    bytes += entry.message.bytes.readableBytes
  }

  private mutating func remove(_ entry: Entry) {
    seconds -= entry.seconds
    bytes -= entry.message.bytes.readableBytes
  }

  private mutating func dropFirst() {
    guard let entry = entries.popFirst() else { return }
    first += 1
    remove(entry)
    if entries.isEmpty { seconds = 0 }
  }

  private mutating func trim() {
    let hasWords = isSpeaking || isManual || !committed.isEmpty
    let limit = hasWords ? limits.seconds : min(limits.seconds, limits.quietSeconds + behind)
    while seconds > limit || bytes > limits.bytes || entries.count > limits.events, !entries.isEmpty { dropFirst() }
    // A commit of nothing is an error.
    while !entries.isEmpty, entries[entries.startIndex].seconds == 0 { dropFirst() }
    if !committed.isEmpty { committed.removeAll { $0.end <= first } }
  }

  private mutating func dropSettled() {
    while let oldest = committed.first, oldest.isSettled {
      while first < oldest.end - oldest.tail, !entries.isEmpty { dropFirst() }
      committed.removeFirst()
    }
    trim()
  }

  /// End of the turn: the client's commit, or what upstream reported, or else all audio, the last of which may be in flight.
  private mutating func endOfTurn() -> (end: Int, tail: Int) {
    let begin = max(0, (committed.last?.end ?? first) - first)
    if let commit = (begin..<max(begin, entries.count)).first(where: { entries[offset: $0].seconds == 0 }) {
      return (first + commit + 1, 0)
    }
    if let turnEnd = turnEnd.take(), begin < entries.count, turnEnd < position + limits.leadSeconds,
      turnEnd > entries[offset: begin].end - entries[offset: begin].seconds
    {
      behind = max(0, position - turnEnd)
      // A millisecond is what upstream rounds to.
      let end = (begin..<max(begin, entries.count)).first { entries[offset: $0].end > turnEnd + 0.001 } ?? entries.count
      return (first + end, 0)
    }
    var tail = 0
    var seconds = 0.0
    for entry in entries.dropFirst(begin).reversed() {
      seconds += entry.seconds
      if seconds > limits.tailSeconds { break }
      tail += 1
    }
    return (first + entries.count, tail)
  }
}

extension CircularBuffer {
  fileprivate subscript(offset offset: Int) -> Element { self[index(startIndex, offsetBy: offset)] }
}
