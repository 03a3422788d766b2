import HTTPTypes
import Testing

@testable import VoiceAuth

struct OriginPolicyTests {
  private func allows(_ allowed: [String], origin: String?, host: String = "voice.example.com") throws -> Bool {
    var request = HTTPRequest(method: .get, scheme: nil, authority: host, path: "/")
    request.headerFields[.origin] = origin
    return try OriginPolicy(allowed: allowed).allows(request)
  }

  @Test func `a request without an origin passes`() throws {
    #expect(try allows([], origin: nil))
    #expect(try allows(["https://a.example"], origin: nil))
  }

  @Test(arguments: [
    ("https://voice.example.com", "voice.example.com"), ("http://voice.example.com", "voice.example.com"),
    ("https://VOICE.example.com", "voice.EXAMPLE.com"), ("https://voice.example.com:443", "voice.example.com"),
    ("https://voice.example.com", "voice.example.com:443"), ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ("http://[::1]:8080", "[::1]:8080"),
    ("http://localhost", "localhost"),
  ])
  func `with no list the request's own host passes`(origin: String, host: String) throws {
    #expect(try allows([], origin: origin, host: host))
  }

  @Test(arguments: [
    ("https://evil.example", "voice.example.com"), ("https://voice.example.com.evil.example", "voice.example.com"),
    ("https://evilvoice.example.com", "voice.example.com"), ("http://127.0.0.1:8081", "127.0.0.1:8080"),
    ("http://127.0.0.1", "127.0.0.1:8080"),
    ("null", "voice.example.com"), ("", "voice.example.com"), ("voice.example.com", "voice.example.com"), ("https://", ""), ("file://", ""),
    ("ftp://voice.example.com", "voice.example.com"), ("https://voice.example.com/", "voice.example.com"),
    ("https://u@voice.example.com", "voice.example.com"), ("https://voice.example.com:", "voice.example.com"),
    ("https://voice.example.com:x", "voice.example.com"), ("https://voice.example.com https://evil.example", "voice.example.com"),
  ])
  func `with no list another host does not`(origin: String, host: String) throws {
    #expect(try !allows([], origin: origin, host: host))
  }

  @Test func `a list names origins whole, and then the own host has to be on it`() throws {
    let list = ["https://app.example.com", "http://localhost:3000"]
    #expect(try allows(list, origin: "https://app.example.com"))
    #expect(try allows(list, origin: "https://APP.example.com:443"))
    #expect(try allows(list, origin: "http://localhost:3000"))
    for origin in ["http://app.example.com", "https://app.example.com:8443", "http://localhost", "https://voice.example.com", "null"] {
      #expect(try !allows(list, origin: origin))
    }
  }

  @Test func `a star allows every origin, one before a domain every host below it`() throws {
    #expect(try allows(["*"], origin: "null"))
    #expect(try allows(["https://*.example.com"], origin: "https://a.b.example.com"))
    for origin in [
      "https://example.com", "https://badexample.com", "http://a.example.com", "http://a.example.com:443", "https://a.example.com:444",
    ] {
      #expect(try !allows(["https://*.example.com"], origin: origin))
    }
  }

  @Test(arguments: [
    "https://h:65536", "https://h:+443", "https://h:-1", "https://h:", "https://[::1]443", "https://[::1]x443", "https://h:4x",
  ])
  func `a port that is none makes no origin`(origin: String) {
    #expect(WebOrigin(origin) == nil)
  }

  @Test func `two origins do not pass`() throws {
    var request = HTTPRequest(method: .get, scheme: nil, authority: "h", path: "/")
    for _ in 0..<2 { request.headerFields.append(HTTPField(name: .origin, value: "http://h")) }
    #expect(try !OriginPolicy().allows(request))
  }

  @Test(arguments: ["app.example.com", "https://app.example.com/", "https://", "https://a*.example.com", "", "**"])
  func `an entry that is no origin is a wrong setting`(entry: String) {
    #expect(throws: VoiceAuthError.self) { try OriginPolicy(allowed: [entry]) }
  }
}
