import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import VoiceCore
import VoiceTransport

/// Both ends of a gateway over real sockets: an upstream and a client that say what the test tells them, line by line.
struct FixtureStage: Sendable {
  /// A connection that may be spoken through from anywhere.
  fileprivate struct Mouth: Sendable {
    let connection: NIOLoopBound<any RealtimeConnection>
    let eventLoop: any EventLoop

    func say(_ message: RealtimeMessage?, _ closure: WebSocketClosure?) {
      eventLoop.execute {
        if let message { connection.value.send(message) }
        connection.value.flush()
        if let closure { connection.value.close(closure) }
      }
    }
  }

  private let eventLoop: any EventLoop
  private let listener: WebSocketListener
  private let upstreams: AsyncStream<(Mouth, AsyncStream<FixtureArrival>)>

  static func start() async throws -> FixtureStage {
    let (upstreams, continuation) = AsyncStream<(Mouth, AsyncStream<FixtureArrival>)>.makeStream()
    let upgrader = WebSocketUpgrader(isWebSocketPath: anyPath) { _, _ in
      .accept(subprotocol: nil, configuration: WebSocketConfiguration()) { connection, eventLoop in
        let (arrivals, arrived) = AsyncStream<FixtureArrival>.makeStream()
        continuation.yield((Mouth(connection: NIOLoopBound(connection, eventLoop: eventLoop), eventLoop: eventLoop), arrivals))
        return FixtureSide(arrived)
      }
    }
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await WebSocketListener.bind(host: "127.0.0.1", port: 0, group: group, upgrader: upgrader)
    return FixtureStage(eventLoop: group.next(), listener: listener, upstreams: upstreams)
  }

  private static func anyPath(_ path: Substring) -> Bool { true }

  var url: String { "ws://127.0.0.1:\(listener.port)/v1/realtime" }
  func stop() { listener.close() }

  /// A client of the gateway at `port`, and the upstream that the gateway dials for it.
  func connect(to port: Int) async throws -> Talk {
    let (arrivals, arrived) = AsyncStream<FixtureArrival>.makeStream()
    let opened = AsyncStream<Mouth>.makeStream()
    var target = RealtimeTarget(url: "ws://127.0.0.1:\(port)/v1/realtime")
    target.headers[.authorization] = "Bearer \(try ServerProcess.token())"
    let (eventLoop, dialled) = (eventLoop, target)
    eventLoop.execute {
      NIORealtimeConnector().connect(to: dialled, on: eventLoop) { connection in
        opened.continuation.yield(Mouth(connection: NIOLoopBound(connection, eventLoop: eventLoop), eventLoop: eventLoop))
        return FixtureSide(arrived)
      } failed: { error in
        Issue.record(error)
        opened.continuation.finish()
      }
    }
    var clients = opened.stream.makeAsyncIterator()
    let client = try #require(await clients.next())
    var upstreams = upstreams.makeAsyncIterator()
    let (upstream, heard) = try #require(await upstreams.next())
    return Talk(
      client: client, upstream: upstream, clientArrivals: arrivals.makeAsyncIterator(), upstreamArrivals: heard.makeAsyncIterator())
  }

  /// One session, seen from both ends.
  struct Talk {
    fileprivate let client: Mouth
    fileprivate let upstream: Mouth
    fileprivate var clientArrivals: AsyncStream<FixtureArrival>.AsyncIterator
    fileprivate var upstreamArrivals: AsyncStream<FixtureArrival>.AsyncIterator

    func clientSays(_ line: FixtureLine) { client.say(line.message, line.closure) }
    func upstreamSays(_ line: FixtureLine) { upstream.say(line.message, line.closure) }
    func upstreamSays(_ message: RealtimeMessage) { upstream.say(message, nil) }

    mutating func clientHears() async throws -> FixtureArrival { try #require(await clientArrivals.next()) }
    mutating func upstreamHears() async throws -> FixtureArrival { try #require(await upstreamArrivals.next()) }

    func end() { client.say(nil, WebSocketClosure(code: 1000)) }
  }
}

extension FixtureArrival {
  init(_ line: FixtureLine) { self = line.message.map { .message($0) } ?? .closed(line.closure ?? .abnormal) }

  var object: [String: Any]? {
    guard case .message(let message) = self else { return nil }
    return (try? JSONSerialization.jsonObject(with: Data(message.bytes.readableBytesView))) as? [String: Any]
  }
  var type: String { object?["type"] as? String ?? "" }
  var eventID: String { object?["event_id"] as? String ?? "" }
}

extension FixtureLine {
  var object: [String: Any]? { FixtureArrival(self).object }

  func renaming(_ recorded: String, to real: String) -> FixtureLine {
    guard let message, message.isText else { return self }
    var renamed = self
    renamed.message = RealtimeMessage(ByteBuffer(string: String(buffer: message.bytes).replacingOccurrences(of: recorded, with: real)))
    return renamed
  }

  /// Whether an event that the gateway had to edit says the same, in whatever order.
  func isEqual(_ arrival: FixtureArrival) -> Bool {
    guard let own = object, let other = arrival.object else { return false }
    return NSDictionary(dictionary: own).isEqual(to: other)
  }
}
