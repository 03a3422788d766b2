import Testing
import VoiceAuth
import VoiceCore
import VoiceGateway
import VoiceTransport

@testable import VoiceServer

struct UpstreamProxiesTests {
  private let openAI: SecretURL = "wss://api.openai.com/v1/realtime"

  @Test func `variables in small letters come first, and those of all schemes last`() throws {
    func proxy(_ environment: [String: String], _ url: SecretURL) throws -> String? {
      try UpstreamProxies.rules(environment, urls: [url]).proxy(for: url)?.description
    }
    #expect(try proxy(["https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1", "ALL_PROXY": "http://c:1"], openAI) == "http://a:1")
    #expect(try proxy(["https_proxy": "", "HTTPS_PROXY": "http://b:1", "ALL_PROXY": "http://c:1"], openAI) == "http://b:1")
    #expect(try proxy(["ALL_PROXY": "http://c:1"], openAI) == "http://c:1")
    #expect(try proxy(["http_proxy": "http://c:1"], openAI) == nil)
    #expect(try proxy(["http_proxy": "http://c:1"], "ws://model.example.com/") == "http://c:1")
    #expect(try proxy(["HTTP_PROXY": "http://c:1"], "ws://model.example.com/") == nil, "a CGI client may set it")
    #expect(try proxy(["https_proxy": "http://a:1", "NO_PROXY": ".openai.com"], openAI) == nil)
  }

  @Test func `a proxy of another kind stops the start where it would be used, and its password is not said`() throws {
    let environment = ["https_proxy": "socks5://ada:S3CRET@proxy:1080"]
    #expect {
      try UpstreamProxies.rules(environment, urls: [openAI])
    } throws: { error in
      "\(error)".hasPrefix("https_proxy: ") && "\(error)".contains("no_proxy") && !"\(error)".contains("S3CRET")
    }
    for (more, url) in [([:], "wss://localhost/" as SecretURL), (["no_proxy": "api.openai.com"], openAI), ([:], "ws://model.example.com/")]
    {
      let rules = try UpstreamProxies.rules(environment.merging(more) { $1 }, urls: [url])
      #expect(rules.proxy(for: url) == nil)
    }
  }

  @Test func `the start says which way leads to upstream, and no credential`() throws {
    var settings = Settings()
    settings.upstream.urls = [openAI, "ws://127.0.0.1:1/"]
    let rules = try UpstreamProxies.rules(["https_proxy": "http://ada:S3CRET@proxy:3128"], urls: settings.upstream.urls)
    let line = StartupSummary.lines(settings, flags: FeatureFlags(), proxies: rules).first { $0.hasPrefix("upstream:") }
    #expect(
      line?.hasPrefix("upstream: wss://api.openai.com/v1/realtime through the proxy http://proxy:3128, else ws://127.0.0.1:1/,") == true)
  }
}
