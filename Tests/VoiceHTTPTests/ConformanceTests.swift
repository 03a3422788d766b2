import Testing
import VoiceCore
import VoiceHTTP
import VoiceTesting

@Suite struct ConformanceTests {
  @Test(.timeLimit(.minutes(2)), arguments: HTTPClientConformance.rules)
  func `the client on libcurl keeps the rules of HTTP clients`(rule: ConformanceRule<HTTPClientConformance.Subject>) async throws {
    try await rule.check(
      .init(client: CurlHTTPClient()) { script in
        try LoopbackServer { request in
          switch script {
          case .silence: .silence
          case .answer(let answer): .bytes(answer(request.lines.joined(separator: "\r\n"), request.body))
          }
        }.authority
      })
  }
}
