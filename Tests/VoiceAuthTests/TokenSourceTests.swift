import HTTPTypes
import Testing
import VoiceCore

@testable import VoiceAuth

struct TokenSourceTests {
  private func find(_ path: String = "/v1/realtime", _ fields: [(String, String)] = []) -> TokenSource.Finding {
    var request = HTTPRequest(method: .get, scheme: "http", authority: "h", path: path)
    for (name, value) in fields { request.headerFields.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
    return TokenSource.find(in: request)
  }

  @Test func `a request without a token has none`() {
    #expect(find() == .none)
    #expect(find("/?token=&ticket=&tokens=a&xtoken=b", [("Authorization", "Basic abc"), ("api-key", " ")]) == .none)
    #expect(find("/#?token=a") == .token(Secret("a")), "a fragment never comes over the wire: this is a path")
  }

  @Test func `each place is looked at`() {
    #expect(find("/", [("Authorization", "Bearer a.b.c")]) == .token(Secret("a.b.c")))
    #expect(find("/", [("authorization", "bEARER   a.b.c ")]) == .token(Secret("a.b.c")))
    #expect(find("/", [("api-key", "a")]) == .token(Secret("a")))
    #expect(
      find("/", [("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.a.b.c, openai-beta.realtime-v1")])
        == .token(Secret("a.b.c")))
    #expect(
      find("/", [("Sec-WebSocket-Protocol", "realtime"), ("Sec-WebSocket-Protocol", "openai-insecure-api-key.a")])
        == .token(Secret("a")))
    #expect(find("/?model=m&token=a") == .token(Secret("a")))
    #expect(find("/?ticket=t") == .ticket(Secret("t")))
  }

  @Test func `a query is percent-decoded, and what cannot be decoded stays as it is`() {
    #expect(find("/?%74oken=a%2Eb%2ec") == .token(Secret("a.b.c")))
    #expect(find("/?token=a%2") == .token(Secret("a%2")))
    #expect(find("/?token=a%+1") == .token(Secret("a%+1")))
    #expect(find("/?token=%FF") == .token(Secret("%FF")))
    #expect(find("/?token=a+b") == .token(Secret("a b")))
  }

  @Test func `the same token in two places is one token`() {
    #expect(find("/?token=a", [("Authorization", "Bearer a"), ("api-key", "a")]) == .token(Secret("a")))
  }

  @Test(arguments: [
    ("/?token=a&token=b", []), ("/?ticket=a&ticket=b", []), ("/?token=a&ticket=b", []), ("/?token=a&ticket=a", []),
    ("/?token=b", [("Authorization", "Bearer a")]), ("/", [("Authorization", "Bearer a"), ("api-key", "b")]),
    ("/", [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]),
    ("/", [("api-key", "a"), ("Sec-WebSocket-Protocol", "openai-insecure-api-key.b")]),
    ("/", [("Sec-WebSocket-Protocol", "openai-insecure-api-key.a,openai-insecure-api-key.b")]),
  ])
  func `two different tokens are a conflict`(path: String, fields: [(String, String)]) {
    #expect(find(path, fields) == .conflict)
  }

  @Test func `what was found does not print`() {
    #expect("\(find("/?token=very-secret"))".contains("very-secret") == false)
    #expect(String(reflecting: find("/?ticket=very-secret")).contains("very-secret") == false)
  }

  @Test func `redaction leaves nothing of query, user and password`() {
    #expect(Redaction.path("/v1/realtime?token=a#b") == "/v1/realtime")
    #expect(Redaction.url("https://u:p@host:1/keys?x=y#z") == "https://host:1/keys")
    #expect(Redaction.url("https://u:p@x@host/keys") == "https://host/keys")
    #expect(Redaction.url("https://host/a@b") == "https://host/a@b")
    #expect(Redaction.url("nonsense?secret") == "nonsense")
  }
}
