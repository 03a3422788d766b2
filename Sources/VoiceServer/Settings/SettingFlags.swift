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
      guard argument.hasPrefix("--") else {
        let command = ClosestMatch.typo(argument, in: VoiceServer.commands)
        throw Failure(
          description: "Unexpected argument '\(argument.prefix(20))'; "
            + (command.map { "did you mean voice-server \($0)?" } ?? "voice-server --help lists the commands"))
      }
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

  /// A name and a few lines for each setting, for `--help`.
  static var help: String {
    "Every setting is an environment variable, a key of the --config file and a flag; flags beat the environment, and that beats the file.\n\n"
      + Settings.table.map { setting in
        let lines = wrapped("\(setting.help) (default: \(setting.defaultText ?? "none"))")
        return (["\(setting.name)  \(setting.flag)"] + lines).joined(separator: "\n    ")
      }.joined(separator: "\n")
  }

  /// Lines that fit into a terminal of 80 columns behind an indent of four: the library would go on at the left edge.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= 74 {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
