import NIOCore
import Testing
import VoiceTesting

@testable import VoiceCore

/// Who speaks, which responses are made, and which answers are owed.
struct ResponseBookTests {
  private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  private var book = ResponseBook()

  private mutating func committed(_ item: String, _ answerer: ResponseBook.Answerer = .gateway) -> ResponseBook.Action {
    book.committed(item: item, answerer: answerer, at: now)
  }

  @discardableResult
  private mutating func created(_ id: String, hasNoConversation: Bool = false) -> (made: ResponseBook.Making, isStale: Bool) {
    book.responseCreated(ControlEvent.Response(id: id, hasNoConversation: hasNoConversation), at: now)
  }

  private mutating func done(_ id: String) -> ResponseBook.Action { book.responseDone(id).action }

  @Test mutating func `a committed item is held, requested when its context is there, and answered once`() {
    #expect(committed("a") == .hold(item: "a"))
    #expect(!book.isQuiet(at: now))
    #expect(book.contextSettled(item: "a") == .request(item: "a"))
    #expect(book.contextSettled(item: "a") == .none)
    #expect(created("r1").made.origin == .gateway(item: "a"))
    #expect(done("r1") == .none)
    #expect(book.isQuiet(at: now))
  }

  @Test mutating func `speech during the hold drops the answer, and the next commit gets one`() {
    _ = committed("a")
    #expect(book.speechStarted() == nil)
    #expect(book.contextSettled(item: "a") == .none)
    _ = committed("b")
    #expect(book.contextSettled(item: "b") == .request(item: "b"))
  }

  @Test mutating func `while a response is being made the next one waits for its end, whatever the status`() {
    created("r1")
    _ = committed("a")
    #expect(book.contextSettled(item: "a") == .none)
    #expect(done("other") == .none)
    #expect(done("r1") == .request(item: "a"))
  }

  @Test mutating func `out-of-band responses run beside`() {
    created("r0")
    _ = done("r0")
    book.clientRequested(id: nil, isOutOfBand: true, at: now)
    #expect(!book.isQuiet(at: now))
    #expect(created("oob", hasNoConversation: true).made.isOutOfBand)
    _ = committed("a")
    #expect(book.contextSettled(item: "a") == .request(item: "a"))
    created("r1")
    _ = done("r1")
    #expect(!book.isQuiet(at: now))
    _ = done("oob")
    #expect(book.isQuiet(at: now))
  }

  @Test mutating func `a server that names no conversation is believed to answer in order`() {
    for turn in 0..<4 {
      _ = committed("u\(turn)")
      #expect(book.contextSettled(item: "u\(turn)") == .request(item: "u\(turn)"))
      #expect(!created("r\(turn)", hasNoConversation: true).made.isOutOfBand)
      #expect(done("r\(turn)") == .none)
    }
    book.clientRequested(id: nil, isOutOfBand: true, at: now)
    book.clientRequested(id: nil, isOutOfBand: false, at: now)
    #expect(created("oob", hasNoConversation: true).made.isOutOfBand)
    #expect(!created("r", hasNoConversation: true).made.isOutOfBand)
  }

  @Test mutating func `a client that asks itself is not answered twice`() {
    _ = committed("a")
    book.clientRequested(id: nil, isOutOfBand: false, at: now)
    created("r1")
    #expect(book.contextSettled(item: "a") == .none)
    #expect(done("r1") == .none)
  }

  @Test mutating func `while the client's own request is on its way the gateway's waits, and goes out when that is refused`() {
    book.clientRequested(id: "c1", isOutOfBand: false, at: now)
    _ = committed("a")
    #expect(book.contextSettled(item: "a") == .none)
    #expect(book.requestRefused(id: "other", code: "")?.action == nil)
    let refused = book.requestRefused(id: "c1", code: "")
    #expect(refused?.origin == .client && refused?.action == .request(item: "a"))
  }

  @Test mutating func `what is committed before the response begins is answered by it`() {
    _ = committed("a")
    #expect(book.contextSettled(item: "a") == .request(item: "a"))
    _ = committed("b")
    #expect(book.contextSettled(item: "b") == .none)
    created("r1")
    _ = committed("c")
    #expect(book.contextSettled(item: "c") == .none)
    #expect(done("r1") == .request(item: "c"))
  }

  @Test mutating func `refused because of another response, the request is repeated when that one is done`() {
    _ = committed("a")
    _ = book.contextSettled(item: "a")
    _ = book.requestRefused(id: nil, code: "conversation_already_has_active_response")
    #expect(done("unknown") == .request(item: "a"))
    _ = book.requestRefused(id: nil, code: "server_error")
    #expect(done("r") == .none)
  }

  @Test mutating func `a turn that the client ends by hand is answered when the client asks`() {
    book.clientCommitted()
    #expect(committed("a") == .none)
    #expect(book.contextSettled(item: "a") == .none)
    #expect(committed("b") == .hold(item: "b"))
    book.clientCommitted()
    book.commitFailed()
    #expect(committed("c") == .hold(item: "c"))
  }

  @Test mutating func `a dictation is quiet when it is committed, and an answer of upstream's own is waited for only so long`() {
    _ = committed("a", .client)
    #expect(book.isQuiet(at: now))
    _ = committed("b", .upstream)
    #expect(!book.isQuiet(at: now) && book.owesAnswer(at: now))
    #expect(book.isQuiet(at: now + .seconds(11)))
    #expect(book.upstreamLost(at: now + .seconds(11)).isEmpty)
    #expect(book.upstreamReplaced(isSaidAgain: false, isAskedAgain: false, commits: 0) == .none)
  }

  @Test mutating func `between the end of speech and its commit, and behind a call of the client's, a turn goes on`() {
    _ = book.speechStarted()
    book.speechStopped(at: now)
    #expect(!book.isQuiet(at: now))
    _ = committed("a", .client)
    #expect(book.isQuiet(at: now))
    created("r1")
    book.clientCalled(at: now)
    _ = done("r1")
    #expect(!book.isQuiet(at: now) && book.isQuiet(at: now + .seconds(11)))
    book.clientRequested(id: nil, isOutOfBand: false, at: now)
    created("r2")
    _ = done("r2")
    #expect(book.isQuiet(at: now))
  }

  @Test mutating func `an answer that was asked for before the user spoke again is stale`() {
    _ = committed("a")
    _ = book.contextSettled(item: "a")
    _ = book.speechStarted()
    #expect(created("r1").isStale)
    #expect(book.muted == "r1")
    _ = done("r1")
    #expect(book.muted == nil)
    book.interruptsResponse = false
    _ = committed("b")
    _ = book.contextSettled(item: "b")
    _ = book.speechStarted()
    #expect(!created("r2").isStale)
  }

  @Test mutating func `a session that is not to be interrupted is not`() {
    book.interruptsResponse = false
    created("r1")
    #expect(book.speechStarted() == nil)
    #expect(book.muted == nil)
  }

  @Test mutating func `an answer that was lost is asked for again, unless the words are said again or the client asks itself`() {
    for (isSaidAgain, isAskedAgain) in [(false, false), (true, false), (false, true)] {
      var book = ResponseBook()
      _ = book.committed(item: "a", answerer: .gateway, at: now)
      _ = book.contextSettled(item: "a")
      #expect(book.upstreamLost(at: now).isEmpty)
      // While upstream is away nothing is asked of it.
      #expect(book.answerOwed() == .none)
      let action = book.upstreamReplaced(isSaidAgain: isSaidAgain, isAskedAgain: isAskedAgain, commits: 0)
      #expect(action == (isSaidAgain || isAskedAgain ? .none : .request(item: nil)))
    }
  }

  @Test mutating func `what was being made is lost with its upstream, and a client's own request is the client's to repeat`() {
    book.clientRequested(id: "c", isOutOfBand: false, at: now)
    created("r1")
    book.clientRequested(id: "o", isOutOfBand: true, at: now)
    created("oob", hasNoConversation: true)
    #expect(book.upstreamLost(at: now).map(\.id) == ["r1", "oob"])
    #expect(book.upstreamReplaced(isSaidAgain: false, isAskedAgain: false, commits: 0) == .none)
    #expect(book.isQuiet(at: now))
  }

  @Test func `a random walk never asks for two responses at once, nor twice for one item`() {
    var random = SeededGenerator(seed: 42)
    var book = ResponseBook()
    var answered: Set<String> = []
    // What upstream has not answered yet, in order: true for the gateway's.
    var outstanding: [Bool] = []
    var active: String?
    for step in 0..<100_000 {
      var action = ResponseBook.Action.none
      let item = "i\(step / 7)"
      switch Int.random(in: 0..<7, using: &random) {
      case 0 where !answered.contains(item): action = book.committed(item: item, answerer: .gateway, at: now)
      case 1: action = book.contextSettled(item: "i\(max(0, step / 7 - Int.random(in: 0...1, using: &random)))")
      case 2: _ = book.speechStarted()
      case 3 where Bool.random(using: &random):
        book.clientRequested(id: "c", isOutOfBand: false, at: now)
        outstanding.append(false)
      case 4 where !outstanding.isEmpty:
        let isGateways = outstanding.removeFirst()
        if active == nil {
          active = "r\(step)"
          _ = book.responseCreated(ControlEvent.Response(id: "r\(step)"), at: now)
        } else {
          #expect(!isGateways)
          action = book.requestRefused(id: "c", code: "conversation_already_has_active_response")?.action ?? .none
        }
      case 5 where active != nil:
        action = book.responseDone(active ?? "").action
        active = nil
      case 6:
        book.clientRequested(id: nil, isOutOfBand: true, at: now)
        _ = book.responseCreated(ControlEvent.Response(id: "oob\(step)", hasNoConversation: true), at: now)
        _ = book.responseDone("oob\(step)")
      default: break
      }
      if case .request(let asked) = action {
        #expect(active == nil && outstanding.isEmpty)
        #expect(answered.insert(asked ?? "").inserted)
        outstanding.append(true)
      }
    }
    #expect(answered.count > 500)
  }
}
