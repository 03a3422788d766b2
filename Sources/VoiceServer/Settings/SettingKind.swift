import DocumentIndex
import HTTPTypes
import Logging
import NIOCore
import SessionStore
import TelemetryExport
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// Conversion of a setting's text to a value, and back for `--help`. Strict: what is not wholly of the kind is refused.
struct SettingKind<Value>: Sendable {
  /// Ends the sentence "expected …".
  let expected: String
  var isSecret = false
  var keepsEmpty = false
  let parse: @Sendable (String) -> Value?
  let text: @Sendable (Value) -> String
  /// Says of a text that does not parse what is wrong with it, and quotes nothing of it.
  var problem: (@Sendable (String) -> String?)?

  var optional: SettingKind<Value?> {
    let (parse, text) = (parse, text)
    return SettingKind<Value?>(
      expected: expected, isSecret: isSecret, keepsEmpty: keepsEmpty,
      parse: { parse($0).map(Optional.some) },
      text: { $0.map(text) ?? "" }, problem: problem)
  }
}

extension SettingKind where Value == String {
  static let text = Self(expected: "a non-empty string", parse: { $0 }, text: { $0 })

  /// The path of a file that this process can read.
  static let file = Self(expected: "the path of a readable file", parse: { FileText.isReadable($0) ? $0 : nil }, text: { $0 })
  static let directory = Self(
    expected: "the path of a folder", parse: { FileText.isDirectory($0) ? $0 : nil }, text: { $0 },
    problem: {
      "\(FileText.isReadable($0) ? "names a file, not a folder" : "the folder is missing"); expected the path of a folder that is there"
    })

  static let sentryEnvironment = Self(
    expected: "1 to 64 bytes without a slash, a backslash or a control character, and not None, . or ..",
    parse: { SentryEnvironment.isValid($0) ? $0 : nil },
    text: { $0 })

  static let certificates = Self(
    expected: "PEM certificates, or the path of a readable file that holds them",
    parse: { FileText.pem($0, holding: "-----BEGIN CERTIFICATE-----") }, text: { _ in "" })

  static let host = Self(
    expected: "a host name or an address",
    parse: { text in text.utf8.allSatisfy(ServiceURL.isHostByte) || isIPv6(text) ? text : nil }, text: { $0 },
    problem: { text in
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, Int(parts[1]) != nil else { return nil }
      return "holds a port, which has a setting of its own; expected a host name or an address"
    })

  /// A colon stands in an address of IPv6 alone.
  private static func isIPv6(_ text: String) -> Bool {
    let address = text.prefix { $0 != "%" }
    return address.contains(":") && (try? SocketAddress(ipAddress: String(address), port: 0)) != nil
  }
}

extension SettingKind where Value == String {
  static let origin = Self(
    expected: "an origin such as https://app.example.com, or *", parse: { (try? OriginPolicy(allowed: [$0])) == nil ? nil : $0 },
    text: { $0 })
}

extension SettingKind where Value == Secret {
  /// A PEM key, given as ``certificates`` are.
  static let privateKey = Self(
    expected: "a PEM private key, or the path of a readable file that holds it", isSecret: true,
    parse: { FileText.pem($0, holding: "PRIVATE KEY-----").map { Secret($0) } }, text: { _ in "" })

  static let secret = Self(expected: "a non-empty string", isSecret: true, parse: { Secret($0) }, text: { _ in "" })

  static func secret(minBytes: Int) -> Self {
    Self(
      expected: "at least \(minBytes) bytes", isSecret: true, parse: { $0.utf8.count >= minBytes ? Secret($0) : nil }, text: { _ in "" })
  }
}

extension SettingKind where Value == SecretURL {
  static func url(_ schemes: String...) -> Self {
    Self(
      expected: "a URL that begins with \(schemes.map { $0 + "://" }.joined(separator: " or ")), names a host and has neither user nor #",
      parse: { ServiceURL.isValid($0, schemes: schemes) ? SecretURL($0) : nil }, text: \.description)
  }

  /// Judged by ``RedisURL`` itself, which says what is wrong without quoting the URL.
  static let redisURL = Self(
    expected: "redis://USER:PASSWORD@HOST:PORT/DB", isSecret: true, parse: { (try? RedisURL($0)) == nil ? nil : SecretURL($0) },
    text: { _ in "" },
    problem: { text in
      do throws(RedisURL.Malformed) { _ = try RedisURL(text) } catch { return error.description }
      return nil
    })

  /// DSN of Sentry.
  static let dsn = Self(
    expected: "a DSN like https://KEY@HOST/PROJECT", isSecret: true, parse: { (try? SentryDSN($0)) == nil ? nil : SecretURL($0) },
    text: { _ in "" })
}

extension SettingKind where Value == Secret {
  /// Value of an HTTP request.
  static let header = Self(
    expected: "a header such as X-OpenAI-Api-Key: KEY", isSecret: true,
    parse: { text in
      let parts = Settings.Weaviate.header(text)
      return parts.map { HTTPField.Name($0.name) != nil && !$0.value.isEmpty && !text.contains(where: \.isNewline) } == true
        ? Secret(text) : nil
    }, text: { _ in "" })
}

extension SettingKind where Value == [String: DocumentConverter] {
  static let converters = Self(
    expected: "a comma list of ENDING=COMMAND, with {} for the file", parse: { DocumentConverter.list($0) }, text: { _ in "" })
}

extension SettingKind where Value == Bool {
  static let bool = Self(
    expected: "true or false",
    parse: { text in
      switch text.lowercased() {
      case "true", "1", "yes", "on": true
      case "false", "0", "no", "off": false
      default: nil
      }
    }, text: { $0 ? "true" : "false" })
}

extension SettingKind where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Self {
    let bounds = range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    return Self(
      expected: "a whole number \(bounds)", parse: { StrictNumber.integer($0).flatMap { range.contains($0) ? $0 : nil } },
      text: { String($0) })
  }
}

extension SettingKind where Value == Double {
  static func number(_ range: ClosedRange<Double>) -> Self {
    let bounds =
      range.upperBound == .infinity
      ? "of at least \(StrictNumber.text(range.lowerBound))"
      : "from \(StrictNumber.text(range.lowerBound)) to \(StrictNumber.text(range.upperBound))"
    return Self(
      expected: "a number \(bounds)", parse: { StrictNumber.decimal($0).flatMap { range.contains($0) ? $0 : nil } },
      text: { StrictNumber.text($0) })
  }
}

extension SettingKind where Value == Duration {
  /// Seconds, with up to three decimals.
  static func seconds(_ range: ClosedRange<Double>) -> Self {
    Self(
      expected: "seconds, a number from \(StrictNumber.text(range.lowerBound)) to \(StrictNumber.text(range.upperBound))",
      parse: { text in
        StrictNumber.decimal(text).flatMap { range.contains($0) ? .milliseconds(Int64(($0 * 1_000).rounded())) : nil }
      }, text: { StrictNumber.text(Double($0.inMilliseconds) / 1_000) })
  }

  static func milliseconds(_ range: ClosedRange<Int>) -> Self {
    Self(
      expected: "milliseconds, a whole number from \(range.lowerBound) to \(range.upperBound)",
      parse: { StrictNumber.integer($0).flatMap { range.contains($0) ? .milliseconds($0) : nil } },
      text: { String($0.inMilliseconds) })
  }
}

extension SettingKind {
  /// A comma list of `element`; spaces around an element do not count, an empty one is refused.
  static func list<Element>(of element: SettingKind<Element>, keepsEmpty: Bool = false) -> Self where Value == [Element] {
    Self(
      expected: "a comma list, each \(element.expected)", isSecret: element.isSecret, keepsEmpty: keepsEmpty,
      parse: { text in
        if text.allSatisfy(\.isWhitespace) { return [] }
        var values: [Element] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
          let trimmed = String(part.trimmed)
          guard !trimmed.isEmpty, let value = element.parse(trimmed) else { return nil }
          values.append(value)
        }
        return values
      }, text: { $0.map(element.text).joined(separator: ",") })
  }

  static func choice(_ choices: [(name: String, value: Value)], expected: String? = nil) -> Self where Value: Equatable & Sendable {
    Self(
      expected: expected ?? "one of \(choices.map(\.name).joined(separator: ", "))",
      parse: { text in choices.first { $0.name.lowercased() == text.lowercased() }?.value },
      text: { value in choices.first { $0.value == value }?.name ?? "" })
  }
}

extension SettingKind where Value == AddressBlock {
  static let addressBlock = Self(
    expected: "a CIDR block such as 10.0.0.0/8 or an address", parse: { AddressBlock($0) }, text: { $0.description })
}

extension SettingKind where Value == Logger.Level {
  /// `warn` too, as many other programs have it.
  static let logLevel = SettingKind.choice(
    Logger.Level.allCases.map { ($0.rawValue, $0) } + [("warn", .warning)],
    expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
}

extension SettingKind where Value == LogFormat {
  static let logFormat = SettingKind.choice(LogFormat.allCases.map { ($0.rawValue, $0) })
}

extension SettingKind where Value == Settings.Upstream.KeyHeader {
  static let keyHeader = SettingKind.choice(Settings.Upstream.KeyHeader.allCases.map { ($0.rawValue, $0) })
}
