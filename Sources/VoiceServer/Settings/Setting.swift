/// One entry of ``Settings/table``: a name of the environment, where its value goes and what it must be.
struct Setting: Sendable {
  /// Name in the environment and in a file; as a flag, `--` and the name in lower case with `-` for `_`.
  let name: String
  let help: String
  /// Expected value, for an error's text.
  let expected: String
  let isSecret: Bool
  /// An empty value says something of its own and is not the same as no value.
  let keepsEmpty: Bool
  /// True if the flag may stand without a value, which means `true`.
  let isBool: Bool
  /// The default as `--help` shows it; nil when there is none.
  let defaultText: String?
  /// Says of a text that is not of the kind what is wrong with it; nil: only what is expected is known.
  let problem: (@Sendable (String) -> String?)?
  /// Puts a value's text where it belongs; false when it is not of the kind.
  let apply: @Sendable (String, inout Settings) -> Bool

  var flag: String { "--" + name.lowercased().split(separator: "_").joined(separator: "-") }

  init<Value>(
    _ name: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, _ kind: SettingKind<Value>, _ help: String,
    default text: String? = nil
  ) {
    self.name = name
    self.help = help
    expected = kind.expected
    isSecret = kind.isSecret
    keepsEmpty = kind.keepsEmpty
    problem = kind.problem
    isBool = Value.self == Bool.self || Value.self == Bool?.self
    let initial = kind.text(Settings()[keyPath: path])
    defaultText = text ?? (initial.isEmpty ? nil : initial)
    apply = { text, settings in
      guard let value = kind.parse(text) else { return false }
      settings[keyPath: path] = value
      return true
    }
  }

  /// Creates a setting without a default.
  init<Value>(
    _ name: String, _ path: any WritableKeyPath<Settings, Value?> & Sendable, _ kind: SettingKind<Value>, _ help: String,
    default text: String? = nil
  ) {
    self.init(name, path, kind.optional, help, default: text)
  }
}
