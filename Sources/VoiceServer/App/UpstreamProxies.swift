import VoiceCore
import VoiceTransport

/// The proxies on the way to upstream, of the environment's variables that libcurl reads for everything else.
enum UpstreamProxies {
  /// Throws ``SettingsError`` for a variable that is no HTTP proxy, where an upstream server would be dialled through it.
  static func rules(_ environment: [String: String], urls: [SecretURL]) throws -> ProxyRules {
    let exceptions = value(environment, ["no_proxy", "NO_PROXY"])?.value ?? ""
    let direct = ProxyRules(exceptions: exceptions)
    // `HTTP_PROXY` in capitals is a header that a CGI client may send, and libcurl does not read it.
    return ProxyRules(
      secure: try proxy(environment, ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"], of: "wss://", urls, direct),
      plain: try proxy(environment, ["http_proxy", "all_proxy", "ALL_PROXY"], of: "ws://", urls, direct), exceptions: exceptions)
  }

  private static func proxy(
    _ environment: [String: String], _ names: [String], of scheme: String, _ urls: [SecretURL], _ direct: ProxyRules
  ) throws -> HTTPProxy? {
    guard let (name, text) = value(environment, names) else { return nil }
    if let proxy = HTTPProxy(SecretURL(text)) { return proxy }
    let isUsed = urls.map { $0.expose() }.contains { url in
      url.lowercased().hasPrefix(scheme) && !direct.isDirect(host(of: url))
    }
    guard isUsed else { return nil }
    throw SettingsError([
      "\(name): got \(SettingsError.shape(of: text, isSecret: true)); expected http://USER:PASSWORD@HOST:PORT or https://…, "
        + "or the upstream server's host in no_proxy"
    ])
  }

  private static func host(of url: String) -> String {
    let authority = ServiceURL.authority(of: url)
    return authority.hasPrefix("[") ? String(authority.dropFirst().prefix { $0 != "]" }) : String(authority.prefix { $0 != ":" })
  }

  private static func value(_ environment: [String: String], _ names: [String]) -> (name: String, value: String)? {
    names.lazy.compactMap { name in environment[name].flatMap { $0.isEmpty ? nil : (name, $0) } }.first
  }
}
