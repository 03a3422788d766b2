import Foundation
import Testing

@testable import VoiceRealtimeClient

struct ReconnectionTests {
  private func ending(_ code: String, _ close: Int = 1008, after: Int? = nil) -> VoiceEnding {
    .of(closeCode: close, reason: "", lastError: VoiceFault(code: code, message: code, retryAfterSeconds: after))
  }

  @Test("A refusal says when to come back")
  func refusal() {
    let refused = ending("rate_limit_exceeded", after: 90)
    #expect(refused.retry == .later && refused.retryAfterSeconds == 90)
  }

  @Test("An error that ended nothing is not the reason of a later close")
  func olderError() { #expect(ending("session_not_found", 1006).code == "connection_lost") }

  @Test("Upstream's own refusal keeps its code and is not tried again")
  func upstream() {
    let refused = ending("invalid_api_key", 3000)
    #expect(refused.code == "invalid_api_key" && refused.retry == .never)
  }

  @Test("Delays grow up to a bound, and end with the attempts")
  func delays() {
    var machine = ReconnectionStateMachine()
    machine.attempts = 6
    let lost = VoiceEnding.of(closeCode: 1006, reason: "", lastError: nil)
    let delays = (0..<7).map { _ in machine.ended(lost, hasSession: true, random: 1) }
    #expect(
      delays == [400, 800, 1_600, 3_200, 6_400, 8_000].map { .retry(after: .milliseconds($0), resumes: true, needsToken: false) } + [.end])
    machine.admitted()
    #expect(machine.ended(lost, hasSession: true, random: 0) == .retry(after: .milliseconds(200), resumes: true, needsToken: false))
  }

  @Test("A token is asked for once more, and once only")
  func token() {
    var machine = ReconnectionStateMachine()
    #expect(
      machine.ended(ending("auth_token_expired"), hasSession: false, random: 1) == .retry(after: .zero, resumes: false, needsToken: true))
    #expect(machine.ended(ending("auth_token_expired"), hasSession: false, random: 1) == .end)
  }

  @Test("A conversation that is gone is followed by a new one")
  func gone() {
    var machine = ReconnectionStateMachine()
    #expect(
      machine.ended(ending("session_not_found"), hasSession: true, random: 1) == .retry(after: .zero, resumes: false, needsToken: false))
    #expect(machine.ended(ending("session_not_found"), hasSession: false, random: 1) == .end)
  }

  @Test(
    "The address is the gateway's own endpoint",
    arguments: [
      ("https://h", "wss://h/v1/ws/voice?session_id=vs_1"), ("http://h:8080/api/", "ws://h:8080/api/v1/ws/voice?session_id=vs_1"),
      ("wss://h/v1/ws/voice", "wss://h/v1/ws/voice?session_id=vs_1"),
    ])
  func address(given: String, expected: String) throws {
    let configuration = VoiceConfiguration(url: try #require(URL(string: given))) { _ in "" }
    #expect(configuration.address(resuming: "vs_1")?.absoluteString == expected)
  }
}
