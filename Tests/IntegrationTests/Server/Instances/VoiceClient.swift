import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import VoiceCore
import VoiceTransport

/// A client of a gateway that reads event by event.
final class VoiceClient: Sendable {
  struct Failure: Error { var detail: String }

  enum Heard: Sendable {
    case event(type: String, ByteBuffer)
    case closed(WebSocketClosure)
  }

  private let eventLoop: any EventLoop
  private let connection: NIOLoopBoundBox<(any RealtimeConnection)?>
  private let heard: AsyncStream<Heard>

  static func connect(port: Int, token: String, resuming session: String? = nil) async throws -> VoiceClient {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let (heard, continuation) = AsyncStream<Heard>.makeStream()
    let resumes = session.map { "&session_id=\($0)" } ?? ""
    let target = RealtimeTarget(url: "ws://127.0.0.1:\(port)/v1/ws/voice?token=\(token)\(resumes)")
    let box = NIOLoopBoundBox<(any RealtimeConnection)?>.makeBoxSendingValue(nil, eventLoop: eventLoop)
    let opened = eventLoop.makePromise(of: Void.self)
    eventLoop.execute {
      NIORealtimeConnector().connect(to: target, on: eventLoop) { connection in
        box.value = connection
        opened.succeed()
        return Listener(continuation)
      } failed: { error in
        opened.fail(error)
      }
    }
    try await opened.futureResult.get()
    return VoiceClient(eventLoop, box, heard)
  }

  private init(_ eventLoop: any EventLoop, _ connection: NIOLoopBoundBox<(any RealtimeConnection)?>, _ heard: AsyncStream<Heard>) {
    self.eventLoop = eventLoop
    self.connection = connection
    self.heard = heard
  }

  func send(_ json: String) {
    eventLoop.execute { [connection] in
      connection.value?.send(RealtimeMessage(ByteBuffer(string: json)))
      connection.value?.flush()
    }
  }

  /// The connection goes without a word.
  func drop() { eventLoop.execute { [connection] in connection.value?.abort() } }

  /// The next event of this type; those before it are passed over.
  func next(_ type: String) async throws -> [String: Any] {
    for await heard in heard {
      switch heard {
      case .event(type, let bytes): return try Self.object(bytes)
      case .event("error", let bytes): throw Failure(detail: String(buffer: bytes))
      case .event: continue
      case .closed(let closure): throw Failure(detail: "closed with \(closure.code) \(closure.reason) before \(type)")
      }
    }
    throw Failure(detail: "nothing more is heard")
  }

  /// How it ends; events before are passed over.
  func closure() async -> WebSocketClosure? {
    for await heard in heard { if case .closed(let closure) = heard { return closure } }
    return nil
  }

  private static func object(_ bytes: ByteBuffer) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView))
    guard let object = json as? [String: Any] else { throw Failure(detail: "no JSON object") }
    return object
  }

  private final class Listener: RealtimeConnectionDelegate {
    private let continuation: AsyncStream<Heard>.Continuation
    init(_ continuation: AsyncStream<Heard>.Continuation) { self.continuation = continuation }

    func received(_ message: RealtimeMessage) {
      let type = (try? VoiceClient.object(message.bytes))?["type"] as? String
      continuation.yield(.event(type: type ?? "", message.bytes))
    }
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {
      continuation.yield(.closed(closure))
      continuation.finish()
    }
  }
}
