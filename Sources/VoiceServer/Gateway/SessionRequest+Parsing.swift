import HTTPTypes
import NIOCore
import VoiceCore
import VoiceTransport

extension SessionRequest {
  /// Reads an upgrade request; what is wrong with it is an HTTP answer.
  static func parse(_ upgrade: UpgradeRequest, settings: Settings) -> Result<SessionRequest, GatewayRefusal> {
    let target = upgrade.head.path ?? "/"
    let path = target.prefix { $0 != "?" }
    guard let endpoint = endpoint(of: path) else { return .failure(.notFound) }
    let query = QueryItems(target.dropFirst(path.count + 1))
    guard OriginPolicy(allowed: settings.http.allowedOrigins).allows(upgrade.head) else { return .failure(.originNotAllowed) }
    return TokenSource.find(fields: upgrade.head.headerFields, subprotocols: upgrade.offeredSubprotocols, query: query).map { token in
      SessionRequest(
        endpoint: endpoint, token: token, model: query["model"] ?? settings.upstream.model,
        isTranscription: query["intent"] == "transcription", resumes: query["session_id"],
        subprotocol: upgrade.offeredSubprotocols.contains("realtime") ? "realtime" : nil,
        address: ClientAddress.resolve(
          peer: upgrade.remoteAddress?.ipAddress, headers: upgrade.head.headerFields, trusted: settings.http.trustedProxies
        ).text)
    }
  }
}
