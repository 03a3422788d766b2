import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct SentryNamesTests {
  @Test(arguments: [
    ("voice@1.2.3", "voice@1.2.3"), ("voice@feature/login", "voice@feature-login"), ("a\\b\nc\td\u{7F}e", "a-b-c-d-e"),
    (" voice@1 ", "voice@1"), ("", "unknown"), (" \n", "unknown"), (".", "unknown"), ("..", "unknown"), ("Latest", "unknown"),
    (String(repeating: "é", count: 101), String(repeating: "é", count: 100)),
  ])
  func `a release is cleaned of what Sentry would refuse`(text: String, name: String) {
    #expect(SentryRelease.name(text) == name)
  }

  @Test func `the cleaned release is in all that is sent`() {
    let configuration = SentryConfiguration(release: "voice@feature/login", tracesSampleRate: 1)
    let trace = FinishedTrace(
      traceID: String(repeating: "a", count: 32),
      root: TraceSpan(id: "b", name: "turn", operation: "voice.turn", start: UnixTime(seconds: 1), end: UnixTime(seconds: 2)))
    var health = SentryReleaseHealth()
    health.ended(startedAt: UnixTime(seconds: 60), isErrored: false)
    let transaction = SentryEnvelope.transaction(trace, eventID: "e", configuration, publicKey: "k")
    for envelope in [transaction, health.envelope(configuration)] {
      let text = String(decoding: envelope.bytes(sentAt: "now"), as: UTF8.self)
      #expect(text.contains(#""release":"voice@feature-login""#) && !text.contains("feature/login"))
    }
  }

  @Test(arguments: [
    "production", "pre prod", "é", String(repeating: "a", count: 64), "none of these",
  ])
  func `an environment that Sentry takes is valid`(name: String) { #expect(SentryEnvironment.isValid(name)) }

  @Test(arguments: [
    "", " ", "None", "none", " NONE", ".", "..", "a/b", "a\\b", "prod\nuction", "a\tb", "a\u{7F}b", "a\u{2028}b",
    String(repeating: "a", count: 65), String(repeating: "é", count: 33),
  ])
  func `an environment that Sentry refuses is not valid`(name: String) { #expect(!SentryEnvironment.isValid(name)) }
}
