import HTTPTypes
import Testing

@testable import TelemetryExport

@Suite struct SentryDSNTests {
  @Test func `a DSN names the address of envelopes, and its key goes in a header field`() throws {
    let dsn = try SentryDSN("https://0123456789abcdef0123456789abcdef@o1.ingest.example:8443/base/42")
    let request = dsn.envelopeRequest(client: "voice.swift/1.0.0")
    #expect(request.authority == "o1.ingest.example:8443" && request.path == "/base/api/42/envelope/" && request.scheme == "https")
    let auth = try #require(request.headerFields[.init("X-Sentry-Auth")!])
    #expect(auth == "Sentry sentry_version=7, sentry_client=voice.swift/1.0.0, sentry_key=0123456789abcdef0123456789abcdef")
    #expect(!dsn.description.contains("0123"))
  }

  @Test func `the secret key of old DSNs is not sent`() throws {
    let dsn = try SentryDSN("http://abc:canary@[::1]:9000/7")
    #expect(dsn.publicKey == "abc" && dsn.authority == "[::1]:9000")
    #expect(!"\(dsn) \(dsn.envelopeRequest(client: "c"))".contains("canary"))
  }

  @Test(arguments: [
    "", "sentry.io/1", "ftp://k@h/1", "https://h/1", "https://@h/1", "https://k@/1", "https://k@h", "https://k@h/", "https://k@h/project",
    "https://k@h:0/1", "https://k@h:x/1", "https://k@h/1?x=1", "https://k@h/1 ", "https://k k@h/1", "https://ké@h/1",
  ])
  func `what is no DSN is refused, and the refusal tells nothing of it`(text: String) {
    let error = #expect(throws: SentryDSNError.self) { try SentryDSN(text) }
    #expect(error?.description.contains("expected https://KEY@HOST/PROJECT") == true)
  }
}
