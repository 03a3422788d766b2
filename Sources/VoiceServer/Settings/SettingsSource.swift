/// Where settings come from: flags beat the environment, the environment beats the file, the file beats the defaults.
struct SettingsSource: Sendable {
  var environment: [String: String] = [:]
  /// YAML or, by its ending, JSON; the keys are the names of the environment.
  var file: String?
  /// By the names of the environment.
  var flags: [String: String] = [:]
}
