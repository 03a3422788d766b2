import NIOCore
import VoiceCore

/// Outcome of one dial, as its owner on the event loop saw it.
final class DialRecord: RealtimeConnectionDelegate {
  var opened = 0
  var failures: [RealtimeConnectError.Code] = []
  var connection: (any RealtimeConnection)?
  var texts: [String] = []
  var readCompletions = 0
  var closures: [WebSocketClosure] = []
  var callsAfterClose = 0
  /// A callback came before `connect` returned.
  var wasCalledBack = false

  func received(_ message: RealtimeMessage) {
    note()
    texts.append(String(buffer: message.bytes))
  }
  func readCompleted() {
    note()
    readCompletions += 1
  }
  func writabilityChanged(_ isWritable: Bool) { note() }
  func closed(_ closure: WebSocketClosure) { closures.append(closure) }

  private func note() { if !closures.isEmpty { callsAfterClose += 1 } }
}

/// The record, reached from outside of its event loop.
struct Peer: Sendable {
  let record: NIOLoopBoundBox<DialRecord>
  let subject: RealtimeConnectorConformance.Subject

  func onLoop(_ body: @escaping @Sendable (DialRecord) -> Void) async throws { try await value(body) }

  func value<Value: Sendable>(_ body: @escaping @Sendable (DialRecord) throws -> Value) async throws -> Value {
    let promise = subject.eventLoop.makePromise(of: Value.self)
    subject.eventLoop.execute { promise.completeWith(Result { try body(record.value) }) }
    try await subject.pass()
    return try await promise.futureResult.get()
  }

  func check(_ body: @escaping @Sendable (DialRecord) throws -> Void) async throws { try await value(body) }

  func wait(line: UInt = #line, _ isEnough: @escaping @Sendable (DialRecord) -> Bool) async throws {
    for _ in 0..<1_000 { if try await value(isEnough) { return } }
    let seen = try await value { "\($0.opened) openings, \($0.failures), \($0.texts.count) texts, \($0.closures)" }
    throw ConformanceViolation(detail: "what was waited for did not come: \(seen)", line: line)
  }

  /// The connection is let go.
  func end() async throws {
    try await onLoop { $0.connection?.abort() }
    try await wait { !$0.closures.isEmpty }
  }
}
