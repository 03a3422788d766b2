import HTTPTypes
import SessionStore
import Testing
import VoiceCore
import VoiceGateway

@testable import VoiceServer

struct CheckAdviceTests {
  private let settings: Settings.Upstream = {
    var settings = Settings.Upstream()
    settings.apiKeys = [Secret("sk-canary-0123456789")]
    return settings
  }()

  @Test(arguments: [
    ("invalid_api_key", "OPENAI_API_KEY"), ("invalid_model", "OPENAI_REALTIME_MODEL"), ("insufficient_quota", "credit"),
    ("beta_api_shape_disabled", "OpenAI-Beta"), ("of_tomorrow", "provider"),
  ])
  func `a refusal names what mends it`(code: String, expected: String) {
    let line = UpstreamAdvice.refused(code: code, message: "no", model: "gpt-realtime-2.1", settings: settings)
    #expect(line.hasPrefix("refused: \(code), no; ") && line.contains(expected))
  }

  @Test func `a key that upstream repeats is not printed`() {
    let line = UpstreamAdvice.refused(
      code: "invalid_api_key", message: "Incorrect API key provided: sk-canary-0123456789.", model: "m", settings: settings)
    #expect(!line.contains("canary") && line.contains("***"))
    let error = RealtimeConnectError(.refused, "401 for sk-canary-0123456789", status: 401)
    let other = UpstreamAdvice.failed(error, settings: settings)
    #expect(!other.contains("canary") && other.contains("OPENAI_API_KEY"))
  }

  @Test(arguments: [
    (RealtimeConnectError(.refused, "x", status: 404), "/v1/realtime"), (RealtimeConnectError(.tls, "x"), "SSL_CERT_FILE"),
    (RealtimeConnectError(.unreachable, "x"), "DNS"), (RealtimeConnectError(.timeout, "x"), "firewall"),
    (RealtimeConnectError(.invalidUpgrade, "x"), "no Realtime server"), (RealtimeConnectError(.refused, "x", status: 503), "second server"),
  ])
  func `a connection that fails names what to look at`(error: RealtimeConnectError, expected: String) {
    #expect(UpstreamAdvice.failed(error, settings: settings).contains(expected))
  }

  private static let untrusted =
    "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 1 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at /x/h.cc:3]))"

  @Test(arguments: [
    (RedisError(.authentication, "WRONGPASS"), "password in REDIS_URL"),
    (RedisError(.tls, "TLS failed: \(untrusted)"), "REDIS_CA"),
    (RedisError(.tls, "TLS failed: error:0:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER"), "redis:// in REDIS_URL"),
    (RedisError(.refused, "no", reply: RedisErrorReply("NOPERM no")), "lacks +zadd ~voice:*; ACL SETUSER voice"),
    (RedisError(.refused, "no", reply: RedisErrorReply("READONLY no")), "replica"),
    (RedisError(.unreachable, "x"), "firewall"),
    (RedisError(.refused, "x", reply: RedisErrorReply("ERR max number of clients reached")), "maxclients"),
    (RedisError(.refused, "x", reply: RedisErrorReply("ERR DB index is out of range")), "number at the end of REDIS_URL"),
    (RedisError(.refused, "x", reply: RedisErrorReply("CLUSTERDOWN Hash slot not served")), "CLUSTER NODES"),
    (RedisError(.refused, "x", reply: RedisErrorReply("ERR unknown command 'EVALSHA', with args beginning with: ")), "rename-command"),
    (RedisError(.refused, "x", reply: RedisErrorReply("ERR Unknown Redis command called from script script: 4034")), "rename-command"),
    (RedisError(.refused, "x", reply: RedisErrorReply("ERR of another kind")), "its log may tell more"),
    (RedisError(.protocolViolation, "x"), "may be no Redis"),
  ])
  func `a Redis that fails names the setting that mends it`(error: RedisError, expected: String) throws {
    let url = try RedisURL("redis://voice:canary@127.0.0.1")
    let line = RedisAdvice.failed(error, url: url, missing: ["+zadd", "~voice:*"])
    #expect(line.contains(expected) && !line.contains("canary"))
  }

  @Test(arguments: [
    (RetrievalError(.unreachable, "x"), "weaviate", "WEAVIATE_URL"),
    (RetrievalError(.refused, "h refused the key (HTTP 401)"), "weaviate", "WEAVIATE_API_KEY"),
    (RetrievalError(.refused, "Weaviate at h has no collection Docs"), "weaviate", "WEAVIATE_COLLECTION"),
    (RetrievalError(.refused, "collection Docs has no property text"), "weaviate", "WEAVIATE_TEXT_PROPERTY"),
    (RetrievalError(.refused, "h refused the key (HTTP 403)"), "http", "RAG_HTTP_TOKEN"),
    (RetrievalError(.timeout, "x"), "embedded", "RAG_EMBEDDINGS_URL"),
  ])
  func `a retriever that fails names the setting that mends it`(error: RetrievalError, source: String, expected: String) {
    #expect(RetrieverAdvice.failed(error, source: source).contains(expected))
  }

  @Test func `a TLS failure is told without numbers and source files`() {
    #expect(TLSFault.short("redis tls: TLS failed: \(Self.untrusted)") == "redis tls: TLS failed: certificate verify failed")
    #expect(TLSFault.short("tls: no route") == "tls: no route")
  }

  @Test func `an upstream without TLS is told from one without a trusted certificate`() {
    let error = RealtimeConnectError(.tls, "127.0.0.1: handshakeFailed(SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at /x)")
    #expect(UpstreamAdvice.failed(error, settings: settings).contains("ws:// in OPENAI_REALTIME_URL"))
  }

  @Test func `a clock within the leeway is good`() throws {
    let now = UnixTime(seconds: 1_800_000_000)
    #expect(try ClockCheck.verdict(between: now, and: now, theirs: now, host: "h", leeway: .seconds(30)) == "as h has it")
    let line = try ClockCheck.verdict(between: now + .seconds(20), and: now + .seconds(20), theirs: now, host: "h", leeway: .seconds(30))
    #expect(line == "19 s off what h has, within JWT_LEEWAY_SECONDS")
  }

  @Test(arguments: [(95, "ahead of"), (-95, "behind")]) func `a clock that is off says by how much, and where to set it`(
    off: Int, side: String
  ) {
    let now = UnixTime(seconds: 1_800_000_000)
    let own = now + .seconds(off)
    let failure = #expect(throws: Probe.Failure.self) {
      try ClockCheck.verdict(between: own, and: own, theirs: now, host: "h", leeway: .seconds(30))
    }
    #expect(failure?.description.contains("\(side) h") == true && failure?.description.contains("timedatectl") == true)
  }

  @Test func `a slow answer does not make a clock look wrong`() throws {
    let now = UnixTime(seconds: 1_800_000_000)
    _ = try ClockCheck.verdict(between: now - .seconds(4), and: now + .seconds(1), theirs: now, host: "h", leeway: .zero)
  }

  @Test func `a server's date is read as HTTP writes it`() {
    #expect(ClockCheck.time("Fri, 27 Nov 2026 22:00:00 GMT") == UnixTime(seconds: 1_795_816_800))
    #expect(ClockCheck.time("yesterday") == nil)
  }

  @Test(arguments: [
    ("wss://api.openai.com/v1/realtime?x=1", "https", "api.openai.com"), ("http://127.0.0.1:9/keys", "http", "127.0.0.1:9"),
  ])
  func `the host of any service is asked for its time`(url: String, scheme: String, authority: String) {
    let request = ClockCheck.request(url)
    #expect(request?.scheme == scheme && request?.authority == authority && request?.path == "/")
    #expect(ClockCheck.request("redis://h") == nil)
  }
}
