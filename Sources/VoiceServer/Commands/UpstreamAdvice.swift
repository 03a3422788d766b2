import VoiceCore
import VoiceGateway

/// Names the fault of an upstream in an operator's words, and the setting that mends it.
enum UpstreamAdvice {
  /// Upstream took the connection and refused the session.
  static func refused(code: String?, message: String, model: String, settings: Settings.Upstream) -> String {
    let said = [code, redacted(message, settings)].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
    let advice =
      switch code {
      case "invalid_api_key", "invalid_issuer", "account_deactivated": "the key is wrong or was withdrawn; set OPENAI_API_KEY"
      case nil where message.contains("authentication"):
        "no key reached it; set OPENAI_API_KEY, or OPENAI_AUTH_HEADER as the server wants it"
      case "invalid_model", "model_not_found", "missing_model":
        "the model \(model) is not there for this key; set OPENAI_REALTIME_MODEL, on Azure to the deployment's name"
      case "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached":
        "the account has no credit left; top it up at the provider"
      case "rate_limit_exceeded": "the account's limit is reached; raise it at the provider, or add a second server to OPENAI_REALTIME_URL"
      case "beta_api_shape_disabled": "it took the connection for one of the old beta; a proxy in between adds OpenAI-Beta"
      case "unsupported_country_region_territory": "the provider does not serve this machine's region; set OPENAI_REALTIME_URL"
      default: "look the code up at the provider"
      }
    return "refused: \(said); \(advice)"
  }

  /// The connection did not come to be.
  static func failed(_ error: RealtimeConnectError, settings: Settings.Upstream) -> String {
    "\(TLSFault.short(redacted(error.description, settings))); \(advice(error))"
  }

  private static func advice(_ error: RealtimeConnectError) -> String {
    switch (error.code, error.status) {
    case (.refused, 401): "the key is wrong or sent in the wrong header; set OPENAI_API_KEY, or OPENAI_AUTH_HEADER=api-key for Azure"
    case (.refused, 403): "the key may not use the Realtime API, or a firewall is in between; set OPENAI_API_KEY"
    case (.refused, 404): "nothing speaks Realtime at this path; set OPENAI_REALTIME_URL, which ends with /v1/realtime"
    case (.refused, 429): "the account's limit is reached, or it has no credit left"
    case (.refused, let status?) where status >= 500: "the provider has a problem; a second server in OPENAI_REALTIME_URL takes over then"
    case (.tls, _) where TLSFault(error.description) == .plainText: "the port speaks no TLS: write ws:// in OPENAI_REALTIME_URL"
    case (.tls, _): "the certificate is not trusted; set SSL_CERT_FILE to the authorities' PEM, and look at this machine's clock"
    case (.unreachable, _): "look at OPENAI_REALTIME_URL, the name's DNS, and the firewall on the way out"
    case (.timeout, _): "a firewall on the way out drops it, or the server is away; look at OPENAI_REALTIME_URL"
    default: "what answers there is no Realtime server; look at OPENAI_REALTIME_URL and at proxies in between"
    }
  }

  /// Some servers repeat the key that they refuse.
  static func redacted(_ text: String, _ settings: Settings.Upstream) -> String { SecretMask(settings.apiKeys).masked(text) }
}
