import HTTPTypes
import Testing
import VoiceCore

struct SecretMaskTests {
  @Test func `secrets are masked wherever they stand, the longer first`() {
    let mask = SecretMask([Secret("sk-test-0123"), Secret("sk-test-0123-and-more"), Secret("short")])
    #expect(mask.masked("Incorrect API key provided: sk-test-0123-and-more.") == "Incorrect API key provided: ***.")
    #expect(mask.masked("sk-test-0123sk-test-0123") == "******")
    #expect(mask.masked("a short text with sk-test-012") == "a short text with sk-test-012")
    #expect(mask.finds(in: "xsk-test-0123".utf8) && !mask.finds(in: "sk-test-012".utf8))
    #expect(SecretMask([Secret("abc")]).isEmpty)
  }

  @Test(arguments: [
    #"sk-test\u002d0123"#, #"\u0073k\u002Dtest-0123"#, #"sk-test-012\u0033"#, #"\sk-test-0123"#,
  ]) func `a secret that is escaped as JSON allows is masked as well`(text: String) {
    let mask = SecretMask([Secret("sk-test-0123")])
    #expect(mask.masked("key \(text)!") == "key ***!")
    #expect(SecretMask([Secret("a/key+0123")]).masked(#""a\/key+0123""#) == #""***""#)
    for other in [#"sk-test\u002e0123"#, #"sk-test\u002"#, #"sk-test\"#, #"\u0073k-test-012"#] {
      #expect(mask.masked(other) == other)
    }
  }

  @Test func `a request's credentials are its secrets`() throws {
    var fields: HTTPFields = [.authorization: "Bearer sk-test-0123", .accept: "application/json"]
    fields[try #require(HTTPField.Name("Api-Key"))] = "azure-key-0123"
    let mask = SecretMask(credentialsFor: RealtimeTarget(url: "wss://host", headers: fields))
    #expect(mask.masked("sk-test-0123 azure-key-0123 application/json") == "*** *** application/json")
  }

  @Test(arguments: [
    ("https://u:p@host:1/keys?x=y#z", "https://host:1/keys"), ("redis://SECRET@host/0", "redis://host/0"),
    ("redis://:pa/ss@host/0", "redis://host/0"), ("redis+cluster://u:p@a:1,b:2/x", "redis+cluster://a:1,b:2/x"),
    ("https://host/a@b", "https://host/a@b"), ("wss://host", "wss://host"), ("user:SECRET@host", "***"),
  ]) func `a URL is shown without what opens it`(url: String, shown: String) {
    #expect(Redaction.url(url) == shown)
  }
}
