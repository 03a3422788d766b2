import VoiceGateway

/// Reads settings that are given as flags: `--port 8080`, `--port=8080`, and `--voice-demo-page` alone for `true`.
enum SettingFlags {
  struct Failure: Error, Equatable, CustomStringConvertible {
    var description: String
  }

  /// Parses flags into values by environment names. Throws ``Failure``.
  static func parse(_ arguments: [String]) throws(Failure) -> [String: String] {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { throw Failure(description: "Unexpected argument '\(argument.prefix(20))'") }
      let flag = String(argument.prefix { $0 != "=" })
      guard let setting = Settings.table.first(where: { $0.flag == flag }) else {
        let nearest = ClosestMatch.of(flag, in: Settings.table.map(\.flag) + ["--config"])
        throw Failure(description: "Unknown option '\(flag)'" + (nearest.map { "; did you mean \($0)?" } ?? ""))
      }
      if flag.count < argument.count {
        values[setting.name] = String(argument.dropFirst(flag.count + 1))
      } else if setting.isBool, rest.first?.hasPrefix("--") ?? true {
        values[setting.name] = "true"
      } else if let value = rest.popFirst() {
        values[setting.name] = value
      } else {
        throw Failure(description: "Missing value for '\(flag)'")
      }
    }
    return values
  }

  /// A line or two for each setting, for `--help`.
  static var help: String {
    "Every setting is an environment variable, a key of the --config file and a flag; flags beat the environment, and that beats the file.\n\n"
      + Settings.table.map { setting in
        "\(setting.name)  \(setting.flag)\n    \(setting.help) (default: \(setting.defaultText ?? "none"))"
      }.joined(separator: "\n")
  }
}
