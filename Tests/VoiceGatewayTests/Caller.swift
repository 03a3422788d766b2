import NIOCore
import NIOPosix
import VoiceCore
import VoiceGateway

/// A client in memory, on an event loop of its own.
final class Caller: RealtimeConnection {
  private let eventLoop: any EventLoop
  private let opening: EventLoopPromise<String>
  private let ending: EventLoopPromise<String>
  private var delegate: (any RealtimeConnectionDelegate)?
  private var code: String?
  let bufferedBytes = 0
  let isWritable = true

  private init(on eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    opening = eventLoop.makePromise()
    ending = eventLoop.makePromise()
  }

  /// A client whose session has begun, or was refused.
  struct Handle: Sendable {
    fileprivate let caller: NIOLoopBound<Caller>
    fileprivate let eventLoop: any EventLoop
    /// `session.created`, `resumed`, or the code, close code and text of a refusal.
    let outcome: EventLoopFuture<String>
    let end: EventLoopFuture<String>

    func hangUp() { eventLoop.execute { caller.value.finish(WebSocketClosure(code: 1000)) } }
  }

  static func open(_ request: SessionRequest, at gateway: VoiceGateway) async throws -> Handle {
    let handle = try await begin(request, at: gateway)
    _ = try await handle.outcome.get()
    return handle
  }

  /// A client that was let in, and of which nothing was judged yet.
  static func begin(_ request: SessionRequest, at gateway: VoiceGateway) async throws -> Handle {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    return try await eventLoop.submit {
      let caller = Caller(on: eventLoop)
      caller.delegate = gateway.open(caller, request, on: eventLoop)
      if caller.delegate == nil { caller.finish(WebSocketClosure(code: 1000), "not taken") }
      return Handle(
        caller: NIOLoopBound(caller, eventLoop: eventLoop), eventLoop: eventLoop, outcome: caller.opening.futureResult,
        end: caller.ending.futureResult)
    }.get()
  }

  static func outcome(of request: SessionRequest, at gateway: VoiceGateway) async throws -> String {
    let handle = try await open(request, at: gateway)
    handle.hangUp()
    return try await handle.outcome.get()
  }

  func send(_ message: RealtimeMessage) {
    let text = String(buffer: message.bytes)
    if text.contains(#""type":"session.created""#) { opening.succeed("session.created") }
    if text.contains(#""type":"voice.session.ready""#), text.contains(#""resumed":true"#) { opening.succeed("resumed") }
    guard text.contains(#""type":"error""#), let start = text.firstRange(of: #""code":""#)?.upperBound else { return }
    code = String(text[start...].prefix { $0 != "\"" })
  }
  func flush() {}
  func setReading(_ enabled: Bool) {}
  func abort() { finish(.abnormal) }
  func close(_ closure: WebSocketClosure) { finish(closure) }

  private func finish(_ closure: WebSocketClosure, _ text: String? = nil) {
    let outcome = text ?? "\(code ?? "no error") \(closure.code) \(closure.reason)"
    opening.succeed(outcome)
    ending.succeed(outcome)
    let last = delegate
    delegate = nil
    guard let last else { return }
    let bound = NIOLoopBound(last, eventLoop: eventLoop)
    eventLoop.execute { bound.value.closed(closure) }
  }
}
