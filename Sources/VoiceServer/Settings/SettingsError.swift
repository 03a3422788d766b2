import VoiceAuth
import VoiceCore

/// Faults of settings: one line for each that is wrong. Contains no value.
struct SettingsError: Error, Equatable, CustomStringConvertible {
  var problems: [String]
  var description: String { problems.joined(separator: "\n") }

  init(_ problems: [String]) { self.problems = problems }

  /// `PORT: a text of 5 characters; expected a whole number from 0 to 65535`.
  static func problem(_ setting: Setting, value: String) -> String {
    if let problem = setting.problem?(value) { return "\(setting.name): \(problem)" }
    return "\(setting.name): got \(shape(of: value, isSecret: setting.isSecret)); expected \(setting.expected)"
  }

  /// Returns what `body` makes of a setting; its error names the setting.
  static func naming<Value, Failure: SettingFailure>(_ setting: String, _ body: () throws(Failure) -> Value) throws(SettingsError) -> Value
  {
    do { return try body() } catch { throw SettingsError(["\(setting): cannot be used; \(error.message)"]) }
  }

  /// Says what a value looks like without saying it: it may be a secret that went to the wrong place.
  static func shape(of value: String, isSecret: Bool) -> String {
    if value.isEmpty { return "an empty text" }
    if isSecret { return "a text of \(value.utf8.count) bytes" }
    if value.utf8.count <= 10, StrictNumber.decimal(value) != nil { return "the number \(value)" }
    let elements = value.split(separator: ",", omittingEmptySubsequences: false).count
    let count = value.count
    return elements > 1 ? "a list of \(elements)" : "a text of \(count) character\(count == 1 ? "" : "s")"
  }
}

/// Error of what is made of a setting. Its message contains no value.
protocol SettingFailure: Error {
  var message: String { get }
}

extension VoiceAuthError: SettingFailure {}
extension RetrievalError: SettingFailure {}
