import Foundation
import HTTPTypes
public import VoiceCore
import VoiceTransport

/// Request of a client when it connected.
public struct SimulatorOpening: Sendable, Equatable {
  /// Model of the request, if it names one.
  public var model: String?
  /// Key from `Authorization: Bearer`, `api-key` or the subprotocol `openai-insecure-api-key.KEY`.
  public var key: Secret?
  /// `OpenAI-Beta: realtime=v1`, which is no longer served.
  public var hasBetaHeader = false
  /// `?intent=transcription`.
  public var isTranscription = false

  /// Creates a simulator opening.
  public init(model: String? = nil, key: Secret? = nil) {
    self.model = model
    self.key = key
  }

  init(_ request: UpgradeRequest) { self.init(path: request.head.path ?? "", fields: request.head.headerFields) }

  /// - Parameters:
  ///   - path: with its query.
  ///   - fields: header fields of the request.
  init(path: String, fields: HTTPFields) {
    let query = path.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    let items = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    func item(_ name: String) -> String? { items.first { $0.first == name && $0.count == 2 }?[1].removingPercentEncoding }
    // Azure names a deployment.
    model = item("model") ?? item("deployment")
    isTranscription = item("intent") == "transcription"
    let subprotocols = (fields[.secWebSocketProtocol] ?? "").split(separator: ",").map { $0.trimmingPrefix(while: { $0 == " " }) }
      .map { String($0.prefix { $0 != " " }) }
    key = (Self.bearer(fields) ?? fields[Self.apiKey] ?? Self.offered(subprotocols)).map { Secret($0) }
    hasBetaHeader = fields[Self.beta]?.contains("realtime=v1") ?? false || subprotocols.contains("openai-beta.realtime-v1")
  }

  static func bearer(_ fields: HTTPFields) -> String? {
    guard let value = fields[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
    return String(value.dropFirst(7))
  }

  private static func offered(_ subprotocols: [String]) -> String? {
    let prefix = "openai-insecure-api-key."
    return subprotocols.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  private static let apiKey = HTTPField.Name("api-key")!
  private static let beta = HTTPField.Name("OpenAI-Beta")!
}
