import Testing

@testable import TelemetryExport

@Suite struct ScrubberTests {
  private static let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

  @Test(arguments: [
    ("Authorization: Bearer \(jwt)", "Authorization: [scrubbed] [scrubbed]"),
    ("token is \(jwt), sorry", "token is [scrubbed], sorry"),
    ("GET /v1/ws/voice?token=abc&x=1 failed", "GET /v1/ws/voice?[scrubbed] failed"),
    ("wss://api.openai.com/v1/realtime?model=x", "wss://api.openai.com/v1/realtime?[scrubbed]"),
    ("redis://user:hunter2@10.0.0.1:6379/0 refused", "redis://[scrubbed]@10.0.0.1:6379/0 refused"),
    ("key sk-abcdefghijklmnop1234 is bad", "key [scrubbed] is bad"),
    ("mail to ada@example.com bounced", "mail to [scrubbed] bounced"),
    (#"{"password": "hunter2","name":"ada"}"#, #"{"password": "[scrubbed]","name":"ada"}"#),
    ("password=hunter2 user=ada", "password=[scrubbed] user=ada"),
    ("api_key: hunter2", "api_key: [scrubbed]"),
    ("Azure said no to 4bf92f3577b34da6a3ce929d0e0e4736", "Azure said no to [scrubbed]"),
    ("passphrase: hunter2, pin=1234", "passphrase: [scrubbed], pin=[scrubbed]"),
    ("AAAAbbbb1111CCCCdddd2222EEEEffff3333gggg", "[scrubbed]"),
  ])
  func `credentials leave a text`(text: String, clean: String) { #expect(Scrubber.scrub(text) == clean) }

  @Test(arguments: [
    "upstream lost, dialling again", "closed 1011 (Internal error)", "connection refused: 127.0.0.1:6379",
    "session vs_0123456789abcdef0123456789abcdef ended", "request 4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    "Sources/VoiceServer/Gateway/GatewaySession.swift:120", "key set not fetched, the last good one serves", "a token of another key",
  ])
  func `what explains an error stays`(text: String) { #expect(Scrubber.scrub(text) == text) }

  @Test func `a text is cut to what an event may hold`() {
    #expect(Scrubber.scrub(String(repeating: "word ", count: 10_000), maxBytes: 100).utf8.count < 110)
  }

  @Test(arguments: [
    "token", "Authorization", "api_key", "X-Api-Key", "transcript", "text", "set-cookie", "jwt", "id_token", "credential", "passphrase",
    "PIN",
  ])
  func `values of such names are never sent`(name: String) { #expect(Scrubber.isPrivate(name: name)) }
}
