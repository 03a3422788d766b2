import TelemetryExport
import VoiceCore

// OpenTelemetry's own settings, by the names of its specification.
extension Settings {
  struct OTLP: Sendable {
    /// Base address of both signals.
    var endpoint: SecretURL?
    /// Used as they are, before the base address.
    var tracesEndpoint: SecretURL?
    var metricsEndpoint: SecretURL?
    /// `name=value` pairs; often a key.
    var headers: Secret?
    var serviceName: String?
    /// `name=value` pairs.
    var resourceAttributes: String?
    var sampler = "parentbased_always_on"
    var samplerRatio = 1.0

    var traces: OTLPEndpoint? {
      tracesEndpoint.flatMap { OTLPEndpoint(signal: $0.expose()) }
        ?? endpoint.flatMap { OTLPEndpoint(base: $0.expose(), path: "/v1/traces") }
    }

    var metrics: OTLPEndpoint? {
      metricsEndpoint.flatMap { OTLPEndpoint(signal: $0.expose()) }
        ?? endpoint.flatMap { OTLPEndpoint(base: $0.expose(), path: "/v1/metrics") }
    }

    var traceSampler: TraceSampler { TraceSampler(name: sampler, ratio: samplerRatio) ?? .followingCaller }

    /// Those who describe the process, each name once: what an operator says counts before what the process knows.
    func resource(_ known: [(name: String, value: String)]) -> [(name: String, value: String)] {
      var given = resourceAttributes.flatMap(OTLPKeyValues.parse) ?? []
      if let serviceName { given = given.filter { $0.name != "service.name" } + [("service.name", serviceName)] }
      let names = Set(given.map(\.name))
      return known.filter { !names.contains($0.name) } + given
    }
  }
}

extension SettingKind where Value == String {
  static let keyValues = Self(
    expected: "name=value pairs, with commas between them and percent-encoded values",
    parse: { OTLPKeyValues.parse($0) == nil ? nil : $0 }, text: { $0 })
}

extension SettingKind where Value == Secret {
  static let keyValues = Self(
    expected: "name=value pairs, with commas between them and percent-encoded values", isSecret: true,
    parse: { OTLPKeyValues.headers($0) == nil ? nil : Secret($0) }, text: { _ in "" })
}
