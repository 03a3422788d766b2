public import VoiceCore

/// A stretch of time with a name, as part of a trace.
public struct TraceSpan: Sendable, Equatable {
  /// 16 hexadecimal digits.
  public var id: String
  /// Nil: nothing comes before it in this process, nor outside.
  public var parent: String?
  /// What is shown to people, for example `turn`.
  public var name: String
  /// What kind of work it is, for example `voice.turn`.
  public var operation: String
  public var start: UnixTime
  public var end: UnixTime
  public var isError = false
  public var attributes: [TraceAttribute] = []

  public init(
    id: String, parent: String?, name: String, operation: String, start: UnixTime, end: UnixTime, isError: Bool = false,
    attributes: [TraceAttribute] = []
  ) {
    self.id = id
    self.parent = parent
    self.name = name
    self.operation = operation
    self.start = start
    self.end = end
    self.isError = isError
    self.attributes = attributes
  }
}

/// A named value of a span. Never what was said, never a credential.
public struct TraceAttribute: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
  }
  public var name: String
  public var value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  var json: JSONNode {
    switch value {
    case .text(let text): .string(text)
    case .integer(let number): .integer(Int64(number))
    case .number(let number): .number(number)
    }
  }
}

/// A session or a turn that ended, with what happened in it.
public struct FinishedTrace: Sendable, Equatable {
  /// 32 hexadecimal digits.
  public var traceID: String
  public var sessionID: String
  public var userID: String?
  public var plan: String?
  public var model: String
  public var root: TraceSpan
  /// Children of the root, in the order in which they began.
  public var spans: [TraceSpan]

  public init(
    traceID: String, sessionID: String, userID: String?, plan: String?, model: String, root: TraceSpan, spans: [TraceSpan]
  ) {
    self.traceID = traceID
    self.sessionID = sessionID
    self.userID = userID
    self.plan = plan
    self.model = model
    self.root = root
    self.spans = spans
  }

  /// What traces are looked for by.
  var tags: [(String, String)] {
    var tags = [("model", model), ("session", sessionID)]
    if let plan { tags.append(("plan", plan)) }
    for attribute in root.attributes where attribute.name == "reason" {
      if case .text(let text) = attribute.value { tags.append(("reason", text)) }
    }
    return tags
  }
}

/// Takes traces as they finish. Called on an event loop: it counts or queues, and never blocks.
public protocol TraceSink: Sendable {
  func finished(_ trace: FinishedTrace)
}
