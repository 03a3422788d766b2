import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct SentryBreadcrumbsTests {
  private func crumb(_ seconds: Int64, _ session: String?) -> SentryBreadcrumb {
    SentryBreadcrumb(time: UnixTime(seconds: seconds), level: .info, label: "voice", message: "\(seconds)", session: session)
  }

  private func times(_ crumbs: [SentryBreadcrumb]) -> [String] { crumbs.map(\.message) }

  @Test func `an error's trail is its session's lines and the process', in the order of time`() {
    var crumbs = SentryBreadcrumbs(capacity: 50)
    for (time, session) in [(1, nil), (2, "a"), (3, "b"), (4, nil), (5, "a")] as [(Int64, String?)] { crumbs.add(crumb(time, session)) }
    #expect(times(crumbs.trail(of: "a", limit: 30)) == ["1", "2", "4", "5"])
    #expect(times(crumbs.trail(of: nil, limit: 30)) == ["1", "4"])
    #expect(times(crumbs.trail(of: "a", limit: 2)) == ["4", "5"])
  }

  @Test func `many sessions do not push out what the process said`() {
    var crumbs = SentryBreadcrumbs(capacity: 10)
    crumbs.add(crumb(1, nil))
    for time in Int64(2)..<100 { crumbs.add(crumb(time, "a")) }
    #expect(times(crumbs.trail(of: "a", limit: 4)) == ["96", "97", "98", "99"])
    #expect(times(crumbs.trail(of: nil, limit: 4)) == ["1"])
    #expect(crumbs.trail(of: "a", limit: 100).count == 11)
  }
}
