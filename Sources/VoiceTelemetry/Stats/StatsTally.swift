public import VoiceCore

/// All figures of one instance since its start, as a value.
public struct StatsTally: Sendable, Codable {
  /// Admitted, and upstream not open yet.
  public var opening = 0
  public var active = 0
  /// Of the active ones, those that are kept warm for a client that was lost.
  var waiting = Set<String>()
  public var started = 0
  public var resumed = 0
  public var ended = LabelCounts<Int>()
  public var refused = LabelCounts<Int>()
  /// Sessions that a fault of the server's side kept from beginning (`opening`) or ended (`running`).
  public var faulted = LabelCounts<Int>()
  public var errors = LabelCounts<Int>()
  public var upstreamFailed = LabelCounts<Int>()
  public var upstreamConnect = LatencyTally()
  /// By step: `auth` and `limit`.
  public var admission: [String: LatencyTally] = [:]
  public var sessionDuration = LatencyTally()
  public var turns = LatencyTally()
  public var turnUpstream = LatencyTally()
  public var contextWait = LatencyTally()
  public var retrievals = LabelCounts<Int>()
  public var retrieval = LatencyTally()
  public var responses = LabelCounts<Int>()
  public var interruptions = 0
  public var traffic = RelayTraffic()
  public var total = SpendTally()
  public var today = SpendTally()
  /// Those whose sessions began today.
  var users = HyperLogLog()
  /// Days since 1970-01-01, UTC.
  private(set) var day: Int64

  public init(now: UnixTime) { day = Self.day(of: now) }

  public var distinctUsers: Int { users.count }

  mutating func observed(_ event: RelayEvent, in session: SessionContext, at now: UnixTime, prices: PriceTable) {
    turnDay(now)
    switch event {
    case .admitted(let steps):
      opening += 1
      for step in steps { admission[step.name, default: LatencyTally()].record(step.took) }
    case .started(let isResumed):
      opening -= 1
      active += 1
      if isResumed { resumed += 1 } else { started += 1 }
      if let user = session.userID { users.insert(user) }
    case .clientLost: waiting.insert(session.id.rawValue)
    case .clientReturned:
      waiting.remove(session.id.rawValue)
      resumed += 1
    case .refused(let reason, let wasAdmitted):
      if wasAdmitted { opening -= 1 }
      refused.add(1, to: reason.label)
      if reason.isServerFault { faulted.add(1, to: "opening") }
    case .upstreamOpened(let time): upstreamConnect.record(time)
    case .upstreamFailed(let label): upstreamFailed.add(1, to: label)
    case .traffic(let more): traffic.add(more)
    case .turn(let turn):
      if let latency = turn.speechStoppedToFirstAudio { turns.record(latency) }
      turnUpstream.record(turn.upstream)
      contextWait.record(turn.contextWait)
    case .interrupted: interruptions += 1
    case .retrieval(let metrics):
      retrievals.add(1, to: metrics.status)
      if let time = metrics.retrieval { retrieval.record(time) }
    case .queried: break
    case .responseDone(let status, let usage):
      responses.add(1, to: status)
      if let usage {
        let cost = prices.cost(of: usage, model: session.model)
        total.add(usage, model: session.model, cost: cost)
        today.add(usage, model: session.model, cost: cost)
      }
    case .transcribed(let model, let seconds):
      let cost = prices.cost(ofSeconds: seconds, model: model)
      total.add(seconds: seconds, model: model, cost: cost)
      today.add(seconds: seconds, model: model, cost: cost)
    case .error(let code): errors.add(1, to: code)
    case .ended(let reason, let summary):
      active -= 1
      waiting.remove(session.id.rawValue)
      sessionDuration.record(summary.duration)
      ended.add(1, to: reason.label)
      if reason.isServerFault { faulted.add(1, to: "running") }
    }
  }

  /// What is counted by day begins anew at midnight UTC.
  mutating func turnDay(_ now: UnixTime) {
    let today = Self.day(of: now)
    guard today != day else { return }
    day = today
    self.today = SpendTally()
    users = HyperLogLog()
  }

  private static func day(of time: UnixTime) -> Int64 { time.milliseconds / 86_400_000 }
}

extension RelayTraffic {
  mutating func add(_ other: RelayTraffic) {
    messagesFromClient += other.messagesFromClient
    messagesToClient += other.messagesToClient
    audioChunksFromClient += other.audioChunksFromClient
    audioChunksToClient += other.audioChunksToClient
    bytesFromClient += other.bytesFromClient
    bytesToClient += other.bytesToClient
    droppedAudioChunks += other.droppedAudioChunks
    waitingBytes += other.waitingBytes
  }
}
