/// Stored session, from which another instance can resume: no e-mail, no token, no audio.
public struct StoredSession: Sendable, Equatable {
  /// Id of the session.
  public var id: SessionID
  /// User whose session it is; no one else may resume it.
  public var userID: String
  /// Plan at the last admission.
  public var plan: String?
  /// Model of the session.
  public var model: String
  /// Time of the first start.
  public var createdAt: UnixTime
  /// Time of the last save.
  public var updatedAt: UnixTime
  /// Counters so far.
  public var counters: SessionCounters
  /// The `session` object that the client asked for, as JSON text.
  public var configuration: String?
  /// The conversation in order, each item as JSON text without audio.
  public var items: [StoredItem]
  /// Number of the oldest items dropped to stay within bounds.
  public var droppedItems: Int

  /// Creates a stored session.
  public init(
    id: SessionID, userID: String, plan: String?, model: String, createdAt: UnixTime, updatedAt: UnixTime,
    counters: SessionCounters = SessionCounters(), configuration: String? = nil, items: [StoredItem] = [], droppedItems: Int = 0
  ) {
    self.id = id
    self.userID = userID
    self.plan = plan
    self.model = model
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.counters = counters
    self.configuration = configuration
    self.items = items
    self.droppedItems = droppedItems
  }
}

/// One item of a conversation.
public struct StoredItem: Sendable, Equatable, Codable {
  /// Id of the item.
  public var id: String
  /// The Realtime item as JSON text; audio content as its transcript.
  public var json: String
  /// Creates a stored item.
  public init(id: String, json: String) {
    self.id = id
    self.json = json
  }
}

/// Counters of a session.
public struct SessionCounters: Sendable, Equatable, Codable {
  /// Messages with audio from the client.
  public var audioChunksFromClient = 0
  /// Messages with audio to the client.
  public var audioChunksToClient = 0
  /// Payload bytes from the client.
  public var bytesFromClient = 0
  /// Payload bytes to the client.
  public var bytesToClient = 0
  /// Turns that got an answer.
  public var turns = 0
  /// Answers that the user spoke over.
  public var interruptions = 0
  /// Turns for which context was looked for.
  public var retrievals = 0
  /// Tokens that upstream reported.
  public var usage = TokenUsage()
  /// Billionths of a US dollar, of what has a known price.
  public var costNanoUSD = 0
  /// Responses and transcripts whose price is not known: their cost is in no sum.
  public var unpriced = 0
  /// Creates counts of zero.
  public init() {}

  /// The same with room above: what was stored may hold any number.
  var withRoom: SessionCounters {
    var counters = self
    for path in [
      \SessionCounters.audioChunksFromClient, \.audioChunksToClient, \.bytesFromClient, \.bytesToClient, \.turns, \.interruptions,
      \.retrievals,
    ] {
      counters[keyPath: path] = min(max(0, counters[keyPath: path]), 1 << 53)
    }
    return counters
  }

  /// Cost in US dollars; nil if no used model has a known price.
  public var costUSD: Double? { costNanoUSD == 0 && unpriced > 0 ? nil : Double(costNanoUSD) / 1e9 }

  /// Counts what a response or a transcript cost; nil: its price is not known.
  public mutating func spent(_ cost: Double?) {
    guard let cost else {
      unpriced = unpriced.adding(1)
      return
    }
    // A bill of a million dollars at once is a fault; `nan` counts as nothing.
    costNanoUSD = costNanoUSD.adding(Int(((cost > 0 ? min(cost, 1e6) : 0) * 1e9).rounded()))
  }
}
