import NIOCore

/// The client's leg with all that belongs to it: the connection, what waits for it, what it said too early, and how fast it may speak.
///
/// Decides nothing about the session; the driver tells it what to do.
final class ClientLink {
  /// ``AbsentConnection`` while the session is kept warm.
  @exclusivity(unchecked) private(set) var connection: any RealtimeConnection
  /// The delegate that speaks for the client; nil when it is not this session's any more.
  @exclusivity(unchecked) var leg: ClientLeg?
  /// Close frame of the absent client.
  private(set) var absence: WebSocketClosure?
  /// The client is back and has not read yet what waited for it.
  private(set) var isCatchingUp = false
  @exclusivity(unchecked) private(set) var outbox: ClientOutbox
  /// Client messages from the time before upstream was open: their bound is met by not reading on.
  private(set) var early: [RealtimeMessage] = []
  private(set) var earlyBytes = 0
  private let earlyLimit: Int
  /// Events and bytes of this read loop.
  @exclusivity(unchecked) var arrived = (events: 0, bytes: 0, audioBytes: 0)
  @exclusivity(unchecked) private var rate: ClientRateStateMachine?
  /// Ends the pause of a client that is too fast.
  private let pause: Alarm
  /// Ends the waiting for a disconnected client.
  private let grace: Alarm
  /// Bytes of the outbox when traffic was reported last.
  @exclusivity(unchecked) private var reportedWaitingBytes = 0

  init(_ connection: any RealtimeConnection, on eventLoop: any EventLoop, _ configuration: RealtimeRelayConfiguration) {
    self.connection = connection
    outbox = ClientOutbox(limit: configuration.clientBufferBytes)
    earlyLimit = configuration.keptBytes
    rate = configuration.clientRate.map(ClientRateStateMachine.init)
    pause = Alarm(on: eventLoop)
    grace = Alarm(on: eventLoop)
  }

  // MARK: To the client

  enum Sent {
    case sent
    /// There is no room for it. `audioOf`: the response of an audio delta.
    case overflow(audioOf: String?)
  }

  /// Sends, or queues behind what a slow client has not read yet.
  func send(_ message: RealtimeMessage) -> Sent {
    if outbox.isEmpty, connection.isWritable {
      connection.send(message)
      return .sent
    }
    let response = message.audioResponseID
    return outbox.append(message, audioOf: response) == .kept ? .sent : .overflow(audioOf: response)
  }

  func flush() { connection.flush() }

  /// Sends what waits, as far as the client takes it.
  func flushOutbox(evenIfUnwritable: Bool = false) {
    repeat {
      while evenIfUnwritable || connection.isWritable, let message = outbox.popFirst() { connection.send(message) }
      connection.flush()
      // The flush may have made room at once.
    } while connection.isWritable && !outbox.isEmpty
    if outbox.isEmpty { isCatchingUp = false }
  }

  /// Drops the audio that waits of the responses that are not wanted any more. Answers how many deltas that were.
  func dropAudio(where isUnwanted: (_ response: String) -> Bool) -> Int { outbox.dropAudio(where: isUnwanted) }

  /// Change of the bytes that wait since the last report.
  func newWaitingBytes() -> Int {
    defer { reportedWaitingBytes = outbox.bytes }
    return outbox.bytes - reportedWaitingBytes
  }

  /// Goes behind all that was said; later calls do nothing.
  func close(_ closure: WebSocketClosure) {
    pause.cancel()
    grace.cancel()
    absence = nil
    connection.close(closure)
  }

  // MARK: From the client

  /// Keeps what the client says until upstream is there. False: that is enough, do not read on.
  func keep(_ message: RealtimeMessage) -> Bool {
    early.append(message)
    earlyBytes += message.bytes.readableBytes
    return earlyBytes <= earlyLimit
  }

  /// Puts messages before those that are kept.
  func keepBefore(_ messages: [RealtimeMessage]) {
    early.insert(contentsOf: messages, at: 0)
    earlyBytes += messages.reduce(0) { $0 + $1.bytes.readableBytes }
  }

  func takeEarly() -> [RealtimeMessage] {
    defer { (early, earlyBytes) = ([], 0) }
    return early
  }

  var keepsTooMuch: Bool { earlyBytes > earlyLimit }

  /// One read is over. Answers how long the client is not to be read, if it is too fast.
  func readCompleted(audioBytesPerSecond: Double, at now: NIODeadline) -> TimeAmount? {
    guard rate != nil else { return nil }
    // Base64: three bytes in four characters.
    let audioSeconds = Double(arrived.audioBytes) * 0.75 / audioBytesPerSecond
    let wait = rate?.received(events: arrived.events, bytes: arrived.bytes, audioSeconds: audioSeconds, at: now)
    arrived = (0, 0, 0)
    return pause.isSet ? nil : wait
  }

  func pauseReading(for time: TimeAmount, then body: @escaping () -> Void) { pause.set(in: time, body) }

  /// Reads unless something stands in the way: TCP tells the client to wait.
  func setReading(_ isWanted: Bool) { connection.setReading(isWanted && !pause.isSet) }

  // MARK: Coming and going

  /// The client dropped: what is said waits for it, until `body` gives it up.
  func wait(after closure: WebSocketClosure, for time: TimeAmount, then body: @escaping () -> Void) {
    connection = AbsentConnection()
    leg = nil
    absence = closure
    grace.set(in: time, body)
  }

  /// Another connection takes the place of the one that dropped, or that is still there.
  func replace(with connection: any RealtimeConnection, leg: ClientLeg) {
    grace.cancel()
    absence = nil
    self.connection = connection
    self.leg = leg
    isCatchingUp = true
  }
}
