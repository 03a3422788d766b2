/// Initial configuration of a session, from the client secret that opened it.
public struct PresetSession: Sendable, Equatable {
  /// A `session` object as `session.update` takes it: without the model, which is chosen by the dial. Nil where it asks for nothing.
  public var json: String?
  /// Nil where none was named.
  public var model: String?
  /// True for a transcription session, which answers nothing.
  public var isTranscription: Bool

  /// Takes the `session` object of a client secret; nil where it is none.
  public init?(json text: String) {
    guard var members = try? JSONParser.parseObject(Array(text.utf8), limits: Self.limits) else { return nil }
    model = members["model"]?.string
    isTranscription = members["type"]?.string == "transcription"
    for name in ["model", "id", "object", "expires_at", "client_secret"] { members[name] = nil }
    json = members.members.contains { $0.name != "type" } ? JSONWriter.write(.object(members)) : nil
  }

  /// Configuration as in the request that mints the secret.
  package static let limits = JSONParser.Limits(depth: 34, members: 1_000)
}
