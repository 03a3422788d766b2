/// Sources of settings: flags beat the environment, the environment beats the file, the file beats the defaults.
struct SettingsSource: Sendable {
  var environment: [String: String] = [:]
  /// YAML or, by its ending, JSON; the keys are the names of the environment.
  var file: String?
  /// Values by environment names.
  var flags: [String: String] = [:]
}
