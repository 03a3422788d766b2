import NIOCore

/// Events of a response with their times: faster than they can be played, as the provider sends them.
struct ResponseStream {
  enum Content: Equatable {
    case audio
    case text(String)
    case call(name: String, id: String, arguments: String)
  }

  enum Piece: Equatable {
    /// The output item, and its first part.
    case begun
    case transcript(String)
    case audio(chunk: Int)
    case text(String)
    case arguments(String)
    case ended(Ending)
  }

  enum Ending: Equatable {
    case completed
    case incomplete(SimulatorTurn.Incomplete)
    case failed
  }

  private struct Step {
    /// Delay after the first event.
    var delay: TimeAmount
    var piece: Piece
  }

  private enum State {
    /// Audio is being made. The first step comes no earlier than this.
    case awaitingSpeech(NIODeadline)
    /// Steps go out from `start` on; `next` is the one that is due first.
    case streaming(start: NIODeadline, next: Int)
    case ended
  }

  private var state: State
  private var steps: [Step] = []
  private(set) var speech: Speech?
  private let maxTokens: Int?
  private let cut: SimulatorTurn.Incomplete?

  /// Deltas take a quarter of the time that they play.
  private static let pace = 4

  /// - Parameters:
  ///   - maxTokens: where the response breaks off.
  ///   - cut: breaks off after the first words all the same.
  init(_ content: Content, startsAt start: NIODeadline, maxTokens: Int?, cut: SimulatorTurn.Incomplete?) {
    self.maxTokens = maxTokens
    self.cut = cut
    switch content {
    case .audio: state = .awaitingSpeech(start)
    case .text(let text):
      state = .streaming(start: start, next: 0)
      lay(Self.words(of: text).map { (.text($0), .milliseconds(12)) })
    case .call(_, _, let arguments):
      state = .streaming(start: start, next: 0)
      lay(Self.pieces(of: arguments, length: 5).map { (.arguments($0), .milliseconds(5)) })
    }
  }

  /// A response that fails at `deadline` and says nothing.
  init(failingAt deadline: NIODeadline) {
    state = .streaming(start: deadline, next: 0)
    (maxTokens, cut) = (nil, nil)
    steps = [Step(delay: .zero, piece: .ended(.failed))]
  }

  var nextDeadline: NIODeadline? {
    switch state {
    case .awaitingSpeech, .ended: nil
    case .streaming(let start, let next): start + steps[next].delay
    }
  }

  /// The audio is there: from now on, or from the start that was planned, it is sent with its words.
  mutating func speechMade(_ speech: Speech, saying text: String, at now: NIODeadline) {
    guard case .awaitingSpeech(let start) = state else { return }
    state = .streaming(start: max(start, now), next: 0)
    self.speech = speech
    let words = Self.words(of: text)
    let letters = max(1, words.reduce(0) { $0 + $1.count })
    let chunkTime = TimeAmount.milliseconds(Int64(speech.format.chunkMilliseconds / Self.pace))
    var pieces: [(Piece, TimeAmount)] = []
    var spoken = 0
    var word = 0
    for chunk in speech.chunks.indices {
      let end = (chunk + 1) * speech.format.chunkMilliseconds
      while word < words.count, chunk == speech.chunks.count - 1 || spoken * speech.milliseconds / letters < end {
        pieces.append((.transcript(words[word]), .zero))
        spoken += words[word].count
        word += 1
      }
      pieces.append((.audio(chunk: chunk), chunkTime))
    }
    // Text that cannot be said is shown all the same.
    if speech.chunks.isEmpty { pieces = words.map { (.transcript($0), .zero) } }
    lay(pieces)
  }

  /// The piece that is due, if one is.
  mutating func next(at now: NIODeadline) -> Piece? {
    guard case .streaming(let start, let next) = state, start + steps[next].delay <= now else { return nil }
    let piece = steps[next].piece
    if case .ended = piece { state = .ended } else { state = .streaming(start: start, next: next + 1) }
    return piece
  }

  /// Lays pieces out one after the other, each with the time until the next one; breaks off where the tokens end.
  private mutating func lay(_ pieces: [(Piece, TimeAmount)]) {
    steps = [Step(delay: .zero, piece: .begun)]
    var time = TimeAmount.milliseconds(2)
    var tokens = 0
    for (index, (piece, pause)) in pieces.enumerated() {
      tokens += self.tokens(of: piece)
      if let maxTokens, tokens > maxTokens { return steps.append(Step(delay: time, piece: .ended(.incomplete(.maxOutputTokens)))) }
      if let cut, index >= 3 { return steps.append(Step(delay: time, piece: .ended(.incomplete(cut)))) }
      steps.append(Step(delay: time, piece: piece))
      time = time + pause
    }
    steps.append(Step(delay: time, piece: .ended(cut.map { .incomplete($0) } ?? .completed)))
  }

  func tokens(of piece: Piece) -> Int {
    switch piece {
    case .begun, .ended: 0
    case .transcript(let text), .text(let text), .arguments(let text): PromptTokens.text(text)
    case .audio(let chunk): (speech?.milliseconds(ofChunk: chunk) ?? 0) / 50
    }
  }

  /// Words with the space before them: joined they are the text.
  static func words(of text: String) -> [String] {
    var words: [String] = []
    var current = ""
    for character in text {
      if character == " ", !current.isEmpty, current != " " {
        words.append(current)
        current = ""
      }
      current.append(character)
    }
    return current.isEmpty ? words : words + [current]
  }

  private static func pieces(of text: String, length: Int) -> [String] {
    var rest = Substring(text)
    var pieces: [String] = []
    while !rest.isEmpty {
      pieces.append(String(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return pieces
  }
}
