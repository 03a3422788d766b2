import Configuration
import NIOConcurrencyHelpers
import SystemPackage
import VoiceCore

/// Reads settings from where they stand, all of them, and judges them together.
struct SettingsLoader {
  struct Outcome: Sendable {
    var settings: Settings
    /// One line each, for the log.
    var warnings: [String]
    /// The names that were set anywhere, for those that ask whether a default was meant.
    var given: Set<String>
  }

  /// Throws ``SettingsError``.
  static func load(_ source: SettingsSource) async throws -> Outcome {
    let fileKeys = NIOLockedValueBox<[String]>([])
    let reader = ConfigReader(providers: try await providers(source, fileKeys: fileKeys))
    var settings = Settings()
    var given = Set<String>()
    var problems: [String] = []
    var blanks: [String] = []
    for setting in Settings.table {
      guard let text = text(of: setting, reader) else {
        if fileKeys.withLockedValue({ $0.contains(setting.name) }) {
          problems.append("\(setting.name): its value in the file is of no type that is taken; expected \(setting.expected)")
        }
        continue
      }
      guard !text.isEmpty || setting.keepsEmpty else { continue }
      given.insert(setting.name)
      if setting.isSecret, text.first?.isWhitespace == true || text.last?.isWhitespace == true {
        blanks.append("\(setting.name) begins or ends with a blank or a line end, which counts as a part of it; was it read from a file?")
      }
      if !setting.apply(text, &settings) { problems.append(SettingsError.problem(setting, value: text)) }
    }
    if problems.isEmpty { problems = settings.complete() }
    guard problems.isEmpty else { throw SettingsError(problems) }
    var warnings = blanks
    warnings +=
      unknown(source.environment.filter { hasKnownPrefix($0.key) && !isServiceVariable($0.key, $0.value) }.map(\.key))
      + unknown(fileKeys.withLockedValue { $0 })
    return Outcome(settings: settings, warnings: warnings, given: given)
  }

  private static func providers(_ source: SettingsSource, fileKeys: NIOLockedValueBox<[String]>) async throws -> [any ConfigProvider] {
    let secrets = Set(Settings.table.filter(\.isSecret).map(\.name))
    let flags = source.flags.map { (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: secrets.contains($0.key))) }
    var providers: [any ConfigProvider] = [
      InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: flags)),
      EnvironmentVariablesProvider(environmentVariables: source.environment, secretsSpecifier: .specific(secrets)),
    ]
    guard let file = source.file else { return providers }
    if let fault = FileText.fault(file) { throw SettingsError(["--config: \(fault); expected the path of a readable file"]) }
    do {
      // A provider cannot list its keys, but it asks of each whether it is a secret.
      if file.lowercased().hasSuffix(".json") {
        try rejectRepeatedNames(inJSON: file)
        let options = JSONSnapshot.ParsingOptions(
          secretsSpecifier: .dynamic { key, _ in
            fileKeys.withLockedValue { $0.append(key) }
            return secrets.contains(key)
          })
        providers.append(try await FileProvider<JSONSnapshot>(parsingOptions: options, filePath: FilePath(file)))
      } else {
        let options = YAMLSnapshot.ParsingOptions(
          secretsSpecifier: .dynamic { key, _ in
            fileKeys.withLockedValue { $0.append(key) }
            return secrets.contains(key)
          })
        providers.append(try await FileProvider<YAMLSnapshot>(parsingOptions: options, filePath: FilePath(file)))
      }
    } catch let error as SettingsError {
      throw error
    } catch {
      // The parser's own words may quote the file, and the file may hold secrets.
      throw SettingsError([
        "--config: \(file) is not well-formed; expected NAME: value pairs in YAML, each name once, or a JSON object in a .json file"
      ])
    }
    return providers
  }

  /// The provider of JSON would take one of two values without a word; that of YAML takes neither.
  private static func rejectRepeatedNames(inJSON file: String) throws {
    let object = try JSONParser.parseObject(
      Array((FileText.read(file) ?? "").utf8), limits: .init(depth: 64, members: 10_000, takesRepeated: true))
    guard object.repeatsMember else { return }
    throw SettingsError(object.repeatedNames.sorted().map { "\($0): given more than once in \(file); expected one value" })
  }

  /// A file may write a number, a boolean or a list as such; the setting's kind judges the text of it all the same.
  private static func text(of setting: Setting, _ reader: ConfigReader) -> String? {
    let key = ConfigKey([setting.name])
    let secret = setting.isSecret
    if let text = reader.string(forKey: key, isSecret: secret) { return text }
    if let number = reader.int(forKey: key, isSecret: secret) { return String(number) }
    if let number = reader.double(forKey: key, isSecret: secret) { return StrictNumber.text(number) }
    if let flag = reader.bool(forKey: key, isSecret: secret) { return flag ? "true" : "false" }
    if let texts = reader.stringArray(forKey: key, isSecret: secret) { return texts.joined(separator: ",") }
    if let numbers = reader.intArray(forKey: key, isSecret: secret) { return numbers.map { String($0) }.joined(separator: ",") }
    if let numbers = reader.doubleArray(forKey: key, isSecret: secret) { return numbers.map(StrictNumber.text).joined(separator: ",") }
    return reader.boolArray(forKey: key, isSecret: secret).map { $0.map { $0 ? "true" : "false" }.joined(separator: ",") }
  }

  /// True when Kubernetes made the variable of a Service's name: `VOICE_SERVICE_HOST`, `VOICE_PORT=tcp://…`, `VOICE_PORT_8080_TCP_ADDR`.
  static func isServiceVariable(_ name: String, _ value: String) -> Bool {
    if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
    if let mark = name.firstRange(of: "_PORT_") {
      let rest = name[mark.upperBound...].split(separator: "_", omittingEmptySubsequences: false)
      if rest.count >= 2, Int(rest[0]) != nil, ["TCP", "UDP", "SCTP"].contains(rest[1]) { return true }
    }
    return name.hasSuffix("_PORT") && ["tcp://", "udp://", "sctp://"].contains { value.hasPrefix($0) }
  }

  /// Variables that commands and clients read, and that stand beside settings in an operator's shell.
  private static let notOfServers: Set = ["VOICE_URL", "VOICE_TOKEN"]

  static func hasKnownPrefix(_ name: String) -> Bool {
    !notOfServers.contains(name) && ["VOICE_", "RAG_", "JWT_", "WEAVIATE_", "OTEL_"].contains { name.hasPrefix($0) }
  }

  private static func unknown(_ names: [String]) -> [String] {
    let known = Settings.table.map(\.name)
    return names.filter { !known.contains($0) }.sorted().map { name in
      "\(name) is not a setting" + (ClosestMatch.of(name.uppercased(), in: known).map { "; did you mean \($0)?" } ?? "")
    }
  }
}
