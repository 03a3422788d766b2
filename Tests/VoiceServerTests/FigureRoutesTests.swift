import Foundation
import HTTPTypes
import Testing
import VoiceCore

@testable import VoiceServer

@Suite struct FigureRoutesTests {
  @Test(arguments: ["/v1/voice/stats", "/api/v1/voice/stats?scope=cluster", "/metrics", "/dashboard", "/dashboard/events"])
  func `figures are the admin's alone`(path: String) async throws {
    let fixture = RoutesFixture { $0.http.adminToken = Secret("the-admins-own") }
    #expect(try await fixture.get(path).status == .unauthorized)
    #expect(try await fixture.get(path, headers: [.authorization: "Bearer wrong"]).status == .unauthorized)
  }

  @Test func `without Redis the cluster is this instance`() async throws {
    let answer = try await RoutesFixture { $0.http.adminLoopback = true }.get("/v1/voice/stats?scope=cluster")
    let report = try #require(JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
    #expect(report["scope"] as? String == "instance" && report["instances"] as? Int == 1)
  }

  @Test func `a scope that is none is refused`() async throws {
    let answer = try await RoutesFixture { $0.http.adminLoopback = true }.get("/v1/voice/stats?scope=galaxy")
    #expect(answer.status == .badRequest)
    #expect(try answer.error.code == "invalid_value")
  }

  @Test func `the dashboard is one page with no address of others in it`() async throws {
    let answer = try await RoutesFixture { $0.http.adminLoopback = true }.get("/dashboard")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == .ok && answer.headers[.contentType] == "text/html; charset=utf-8")
    #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
    let addresses = html.matches(of: /(src|href)="([^"]+)"/).map { String($0.output.2) }
    #expect(addresses.allSatisfy { $0.hasPrefix("data:") || $0.hasPrefix("#") }, "\(addresses)")
    #expect(!html.contains("style=\""))
  }

  @Test func `a server that drains lets dashboards go`() async throws {
    let fixture = RoutesFixture { $0.http.adminLoopback = true }
    fixture.lifecycle.startedDraining()
    let answer = try await fixture.get("/dashboard/events")
    #expect(answer.headers[.contentType] == "text/event-stream; charset=utf-8")
    #expect(String(decoding: answer.body, as: UTF8.self) == "retry: 2000\n\n")
  }
}
