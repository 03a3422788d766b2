import HTTPTypes
import Testing
import VoiceCore

@testable import VoiceHTTP

struct RequestTargetTests {
  private func target(_ scheme: String?, _ authority: String?, _ path: String?) throws(HTTPClientError) -> RequestTarget {
    try RequestTarget(HTTPRequest(method: .get, scheme: scheme, authority: authority, path: path))
  }

  @Test func `scheme, host and path make a URL`() throws {
    #expect(try target("https", "[::1]:8443", "/a?b=c").url == "https://[::1]:8443/a?b=c")
    #expect(try target("HTTP", "host", nil).url == "http://host/")
    #expect(try target("https", "host:1", "/secret").host == "host:1")
  }

  @Test(
    arguments: [
      ("file", "host", "/"), (nil, "host", "/"), ("https", nil, "/"), ("https", "", "/"), ("https", "user:password@host", "/"),
      ("https", "host/evil", "/"), ("https", "host#", "/"), ("https", "host\\evil", "/"), ("https", "ho st", "/"), ("https", "höst", "/"),
      ("https", "host", "path"), ("https", "host", "/a b"), ("https", "host", "/a\r\nx: y"), ("https", "host", "/a#b"),
      ("https", "host", ""),
    ] as [(String?, String?, String?)])
  func `what would mean something else to libcurl is refused`(scheme: String?, authority: String?, path: String?) {
    #expect(throws: HTTPClientError.self) { try target(scheme, authority, path) }
  }
}
