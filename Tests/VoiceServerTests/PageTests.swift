import Foundation
import HTTPTypes
import Testing
import VoiceCore

@testable import VoiceGateway
@testable import VoiceServer

@Suite struct PageTests {
  @Test func `the browser client is served beside the page, as it stands in the repository`() async throws {
    let fixture = try PagesFixture(servesDemoPage: true)
    let answer = try await fixture.get("/voice-realtime.js")
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../clients/web/voice-realtime.js")
    #expect(answer.headers[.contentType] == "text/javascript; charset=utf-8")
    #expect(answer.body == (try Data(contentsOf: file)))
    #expect(try await PagesFixture().get("/voice-realtime.js").status == .notFound, "not served unless the page is")
  }

  @Test func `the page says so where a simulator answers`() {
    #expect(PageRoutes.demo(isSimulated: true).contains("<body data-upstream=\"simulator\">"))
    #expect(PageRoutes.demo(isSimulated: false).contains("<body>"))
  }

  @Test func `the page has a nonce of its own each time, which its policy names`() async throws {
    let fixture = try PagesFixture(servesDemoPage: true)
    let (one, two) = (try await fixture.get("/"), try await fixture.get("/"))
    let policy = try #require(one.headers[.contentSecurityPolicy])
    #expect(one.status == .ok && policy != two.headers[.contentSecurityPolicy])
    #expect(policy.hasPrefix("default-src 'none'; script-src 'nonce-") && !policy.contains("unsafe"))
    #expect(one.headers[HTTPField.Name("Permissions-Policy")!]?.contains("microphone=(self)") == true)
    #expect(try await PagesFixture().get("/").status == .notFound, "not served unless asked for")
  }

  @Test func `a nonce goes into every script and style and nowhere else`() {
    let page = Page(html: "<style>a{}</style><p>x</p><script>1</script><script type=\"x\">2</script>")
    #expect(
      page.html(nonce: "N")
        == "<style nonce=\"N\">a{}</style><p>x</p><script nonce=\"N\">1</script><script nonce=\"N\" type=\"x\">2</script>")
  }

  @Test(arguments: ["/dashboard", "/dashboard/events"])
  func `the dashboard is the admin's alone`(path: String) async throws {
    let fixture = try PagesFixture { $0.http.adminToken = Secret("the-admins-own") }
    #expect(try await fixture.get(path).status == .unauthorized)
    #expect(try await fixture.get(path, headers: [.authorization: "Bearer wrong"]).status == .unauthorized)
  }

  @Test func `the dashboard is one page with no address of others in it`() async throws {
    let answer = try await PagesFixture { $0.http.adminLoopback = true }.get("/dashboard")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == .ok && answer.headers[.contentType] == "text/html; charset=utf-8")
    #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
    let addresses = html.matches(of: /(src|href)="([^"]+)"/).map { String($0.output.2) }
    #expect(addresses.allSatisfy { $0.hasPrefix("data:") || $0.hasPrefix("#") }, "\(addresses)")
    #expect(!html.contains("style=\""))
  }

  @Test func `a server that drains lets dashboards go`() async throws {
    let fixture = try PagesFixture { $0.http.adminLoopback = true }
    fixture.gateway.drain()
    let answer = try await fixture.get("/dashboard/events")
    #expect(answer.headers[.contentType] == "text/event-stream; charset=utf-8")
    #expect(String(decoding: answer.body, as: UTF8.self) == "retry: 2000\n\n")
  }

  @Test func `there are places for so many dashboards, and one is free when its answer is over`() async throws {
    let fixture = try PagesFixture { $0.http.adminLoopback = true }
    var open: [GatewayResponse] = []
    for _ in 0..<DashboardFeed.maxViewers { open.append(try await fixture.respond("/dashboard/events")) }
    #expect(open.allSatisfy { $0.head.status == .ok })
    #expect(try await fixture.respond("/dashboard/events").head.status == .serviceUnavailable)
    open.removeLast()
    #expect(try await fixture.respond("/dashboard/events").head.status == .ok)
  }
}
