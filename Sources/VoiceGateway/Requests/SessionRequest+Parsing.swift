import HTTPTypes
import NIOCore
import VoiceAuth
import VoiceCore
import VoiceTransport

extension SessionRequest {
  /// Reads an upgrade request; what is wrong with it is an HTTP answer.
  static func parse(_ upgrade: UpgradeRequest, configuration: GatewayConfiguration, origins: OriginPolicy) -> Result<
    SessionRequest, GatewayRefusal
  > {
    let target = upgrade.head.path ?? "/"
    let path = target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    guard let endpoint = endpoint(of: path) else { return .failure(.notFound) }
    let query = QueryItems(path: target)
    // The sideband of a WebRTC call is the embedder's own: a session that is not the call's would be no answer.
    if endpoint == .realtime, query["call_id"] != nil { return .failure(.notFound) }
    guard origins.allows(upgrade.head) else { return .failure(.originNotAllowed) }
    let token: Secret?
    switch TokenSource.find(in: upgrade.head) {
    case .none: token = nil
    // Each shows by itself what it is.
    case .token(let found), .ticket(let found): token = found
    case .conflict: return .failure(.ambiguousToken)
    }
    return .success(
      SessionRequest(
        endpoint: endpoint, token: token, model: query["model"],
        isTranscription: query["intent"] == "transcription", resumes: query["session_id"],
        subprotocol: upgrade.offeredSubprotocols.contains("realtime") ? "realtime" : nil,
        trace: TraceCaller(upgrade.head.headerFields),
        address: ClientAddress.resolve(
          peer: upgrade.remoteAddress?.ipAddress, headers: upgrade.head.headerFields, trusted: configuration.http.trustedProxies
        ).network))
  }
}
