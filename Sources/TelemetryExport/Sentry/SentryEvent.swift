import Logging
import VoiceCore

/// An error as Sentry takes it, made from a log line.
struct SentryEvent: Sendable {
  var id: String
  var time: UnixTime
  var level: SentryLevel
  var label: String
  var message: String
  var metadata: [(String, String)]
  var user: UserPseudonym?
  var errorType: String?
  var errorValue: String?
  var file: String
  var function: String
  var line: UInt
  var spanID: String
  /// The same error that was held back before this one.
  var repeats = 0

  /// Metadata that errors are looked for by.
  private static let tagNames = ["plan", "reason", "code", "model", "upstream", "host", "server", "endpoint", "status", "attempt"]

  init(
    _ event: LogEvent, _ metadata: Logger.Metadata, label: String, id: String, spanID: String, time: UnixTime, pseudonyms: UserPseudonyms
  ) {
    let name = metadata["user"]?.description
    func kept(_ text: String) -> String { name.map { pseudonyms.replacing($0, in: text) } ?? text }
    self.id = id
    self.spanID = spanID
    self.time = time
    self.label = label
    level = SentryLevel(event.level)
    message = kept(event.message.description)
    user = name.map { pseudonyms.pseudonym(of: $0) }
    self.metadata = metadata.filter { $0.key != "user" }.map { ($0.key, kept($0.value.description)) }.sorted { $0.0 < $1.0 }
    if let error = event.error {
      errorType = String(describing: type(of: error))
      errorValue = kept(String(describing: error))
    }
    (file, function, line) = (event.file, event.function, event.line)
  }

  /// The place in the code: `file:line`.
  var place: String { "\(file):\(line)" }

  /// Errors of one kind: the same line of code, the same code of an error, the same user.
  var kind: String {
    // Of an error, what stands before the colon is its code; what follows differs each time.
    let cause = (errorValue ?? value("error") ?? "").utf8.prefix(64).prefix { $0 != UInt8(ascii: ":") }
    let parts = [label, place, errorType ?? "", String(decoding: cause, as: UTF8.self), user?.description ?? ""]
    return (parts + ["code", "reason", "status"].map { value($0) ?? "" }).joined(separator: "|")
  }

  func value(_ name: String) -> String? { metadata.first { $0.0 == name }?.1 }

  func envelope(_ configuration: SentryConfiguration, breadcrumbs: [SentryBreadcrumb]) -> SentryEnvelope {
    SentryEnvelope(
      category: .error, header: [("event_id", .string(id))], type: "event", payload: json(configuration, breadcrumbs).bytes)
  }

  private func json(_ configuration: SentryConfiguration, _ breadcrumbs: [SentryBreadcrumb]) -> JSONNode {
    var members: [(String, JSONNode)] = [
      ("event_id", .string(id)), ("timestamp", .number(Double(time.milliseconds) / 1_000)), ("platform", "native"),
      ("level", .string(level.rawValue)), ("logger", .string(label)),
    ]
    members += configuration.members
    let text = Scrubber.scrub(message)
    members.append(("logentry", ["formatted": .string(text)]))
    members.append(("exception", ["values": [exception(text)]]))
    if let user { members.append(("user", ["id": .string(user.description)])) }
    members.append(("tags", .object(Self.tagNames.compactMap { name in tag(name).map { (name, .string($0)) } })))
    members.append(("extra", .object(extra)))
    members.append(("breadcrumbs", ["values": .array(breadcrumbs.map(\.json))]))
    members.append(("contexts", .object([("trace", trace)] + SentryRuntime.contexts)))
    return .object(members)
  }

  private func exception(_ text: String) -> JSONNode {
    let cause = errorValue ?? value("error")
    let module = file.prefix { $0 != "/" }
    return [
      "type": .string(errorType ?? text), "value": .string(cause.map { Scrubber.scrub($0) } ?? text),
      "module": .string(String(module)),
      "mechanism": ["type": "logging", "handled": true],
      "stacktrace": [
        "frames": [
          [
            "function": .string(function), "filename": .string(file), "lineno": .integer(Int64(line)), "module": .string(String(module)),
            "in_app": true,
          ]
        ]
      ],
    ]
  }

  private func tag(_ name: String) -> String? {
    // Sentry takes 200 characters, and no line feed.
    value(name).map { String(Scrubber.scrub($0, maxBytes: 190).replacing("\n", with: " ")) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private var extra: [(String, JSONNode)] {
    var members = metadata.filter { !Self.tagNames.contains($0.0) && !["error", "trace_id", "span_id"].contains($0.0) }.prefix(32).map {
      name, text in
      (name, JSONNode.string(Scrubber.isPrivate(name: name) ? Scrubber.mark : Scrubber.scrub(text, maxBytes: 1_024)))
    }
    if repeats > 0 { members.append(("repeats", .integer(Int64(repeats)))) }
    return members
  }

  private var trace: JSONNode {
    // An error outside of a session is a trace of its own.
    let trace = value("trace_id").flatMap { $0.utf8.count == 32 ? $0 : nil } ?? id
    let span = value("span_id").flatMap { $0.utf8.count == 16 ? $0 : nil } ?? spanID
    return ["trace_id": .string(trace), "span_id": .string(span)]
  }
}

extension SentryConfiguration {
  /// Members that events and transactions share.
  var members: [(String, JSONNode)] {
    var members: [(String, JSONNode)] = [
      ("release", .string(SentryRelease.name(release))), ("environment", .string(environment)),
      ("sdk", ["name": .string(SentryRuntime.name), "version": .string(SentryRuntime.version)]),
    ]
    if let serverName { members.append(("server_name", .string(serverName))) }
    return members
  }
}
