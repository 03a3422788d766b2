import VoiceCore

/// Dynamic sampling context of a trace that was begun elsewhere: the names that Sentry knows, each in its shape.
///
/// The values go to Sentry unchanged, so that all of a trace is sampled alike. Names of users and all others are left out.
enum SentrySamplingContext {
  /// Sound entries; nil where the context is of another trace, or Sentry could not use it for want of a key.
  static func sound(_ entries: [TraceAttribute], of traceID: String) -> [(name: String, value: String)]? {
    let sound = sound(entries)
    let isUsable = sound.contains { $0.name == "trace_id" && $0.value == traceID } && sound.contains { $0.name == "public_key" }
    return isUsable ? sound : nil
  }

  /// Entries in their order, the first of each name.
  static func sound(_ entries: [TraceAttribute]) -> [(name: String, value: String)] {
    var seen: Set<String> = []
    return entries.compactMap { entry -> (name: String, value: String)? in
      let value =
        switch entry.value {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        }
      guard isSound(entry.name, value), seen.insert(entry.name).inserted else { return nil }
      return (entry.name, value)
    }
  }

  private static func isSound(_ name: String, _ value: String) -> Bool {
    switch name {
    case "trace_id", "public_key", "replay_id": value.utf8.count == 32 && value.utf8.allSatisfy { $0.hexadecimalValue != nil }
    case "org_id": (1...20).contains(value.utf8.count) && value.utf8.allSatisfy { (48...57).contains($0) }
    case "sample_rate", "sample_rand": value.utf8.count <= 32 && Double(value).map { (0...1).contains($0) } ?? false
    case "sampled": value == "true" || value == "false"
    case "release": isText(value, 200)
    case "environment": SentryEnvironment.isValid(value)
    // Often made of a path, which may hold a name or a key: one that is changed would be of no use.
    case "transaction": isText(value, 200) && Scrubber.scrub(value) == value
    default: false
    }
  }

  private static func isText(_ value: String, _ limit: Int) -> Bool {
    (1...limit).contains(value.utf8.count) && !value.unicodeScalars.contains(where: LogText.isHidden)
  }
}
