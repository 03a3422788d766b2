import Testing
import VoiceCore

@testable import SessionStore

struct RedisURLTests {
  @Test func `a plain URL says where, and the rest is as Redis has it`() throws {
    let url = try RedisURL("redis://cache.example")
    #expect(url == RedisURL(endpoints: [RedisEndpoint(host: "cache.example", port: 6_379)]))
    #expect(try RedisURL("rediss://[::1]:7000/4").endpoints == [RedisEndpoint(host: "::1", port: 7_000)])
    #expect(try RedisURL("REDISS://h/4").usesTLS && RedisURL("redis://h/4").database == 4)
    #expect(try RedisURL("redis://h?db=7").database == 7)
  }

  @Test func `users and passwords are decoded, and a password may stand alone`() throws {
    #expect(try RedisURL("redis://ada:p%40ss%2Fw%C3%B6rd@h").credentials == .init(user: "ada", password: Secret("p@ss/wörd")))
    for text in ["redis://secret@h", "redis://:secret@h"] { #expect(try RedisURL(text).credentials == .init(password: Secret("secret"))) }
    #expect(try RedisURL("redis://@h").credentials == nil)
  }

  @Test func `sentinels are named with their master, and may have passwords of their own`() throws {
    let url = try RedisURL("rediss+sentinel://ada:p@s1,s2:26380,[::1]:5/main/2?sentinel_username=u&sentinel_password=q")
    #expect(url.topology == .sentinel(master: "main") && url.usesTLS && url.database == 2)
    #expect(url.endpoints.map(\.port) == [26_379, 26_380, 5])
    #expect(url.sentinelCredentials == .init(user: "u", password: Secret("q")))
  }

  @Test func `a cluster has several nodes and no databases`() throws {
    #expect(try RedisURL("redis+cluster://h1,h2:7001/0").endpoints.count == 2)
    #expect(throws: RedisURL.Malformed.self) { try RedisURL("redis+cluster://h1,h2/1") }
  }

  @Test func `it prints itself without its passwords`() throws {
    #expect("\(try RedisURL("redis://ada:geheim@h:1/2"))" == "redis://ada:***@h:1/2")
    let sentinel = try RedisURL("redis+sentinel://:geheim@s1,s2/main?sentinel_password=geheim")
    #expect("\(sentinel)" == "redis+sentinel://:***@s1:26379,s2:26379/main")
  }

  @Test(arguments: [
    "", "geheim", "http://geheim@h", "redis://", "redis://geheim@", "redis://geheim@h:0", "redis://geheim@h:65536", "redis://geheim@h:x",
    "redis://geheim@h1,h2", "redis://geheim@h/x", "redis://geheim@h/1/2", "redis://geheim@h?x=1", "redis://geheim@h?db", "redis://ge%zz@h",
    "redis://ge heim@h", "redis://geheim@h#1", "redis://geheim:@h", "redis://geheim@::1", "redis://geheim@[::1",
    "redis+sentinel://geheim@h",
    "redis://geheim%FF@h", "redis://geheim@h/-1",
  ]) func `a URL that is none is refused, and nothing of it is repeated`(text: String) {
    let error = #expect(throws: RedisURL.Malformed.self) { try RedisURL(text) }
    #expect(error?.description.contains("geheim") == false)
  }

  @Test(arguments: ["redis://:a/b@h:6379", "redis://user:a?b@h", "redis+sentinel://:a/b@h/main"])
  func `a slash or a question mark in a password is named, with how it is written`(url: String) {
    let error = #expect(throws: RedisURL.Malformed.self) { try RedisURL(url) }
    #expect(error?.description.contains("%2F") == true)
  }

  @Test func `masters may be spoken to over TLS while their sentinels are not`() throws {
    let url = try RedisURL("rediss+sentinel://:p@s1/main?sentinel_tls=false")
    #expect(url.usesTLS && !url.sentinelsUseTLS)
    #expect(try RedisURL("rediss+sentinel://:p@s1/main").sentinelsUseTLS)
    #expect(throws: RedisURL.Malformed.self) { try RedisURL("rediss+sentinel://:p@s1/main?sentinel_tls=maybe") }
  }
}
