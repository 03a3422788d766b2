import HTTPTypes
import Testing

@testable import VoiceGateway

@Suite struct ClientAddressTests {
  private let proxies = ["10.0.0.0/8", "127.0.0.1"].compactMap { AddressBlock($0) }

  private func resolve(_ peer: String?, _ headers: [(HTTPField.Name, String)] = [], trusted: [AddressBlock]? = nil) -> ClientAddress {
    ClientAddress.resolve(peer: peer, headers: fields(headers), trusted: trusted ?? proxies)
  }

  private func isLoopback(_ peer: String?, _ headers: [(HTTPField.Name, String)] = []) -> Bool {
    ClientAddress.isLoopback(peer: peer, headers: fields(headers))
  }

  private func fields(_ headers: [(HTTPField.Name, String)]) -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in headers { fields.append(HTTPField(name: name, value: value)) }
    return fields
  }

  @Test func `without proxies the peer is the client`() {
    #expect(resolve("192.0.2.7").text == "192.0.2.7")
    #expect(resolve("::ffff:127.0.0.1", trusted: []).text == "127.0.0.1")
    #expect(resolve(nil).text == "unknown")
    for local in ["127.0.0.1", "127.1.2.3", "::ffff:127.0.0.1", "::1"] { #expect(isLoopback(local)) }
    for other in ["192.0.2.7", "::", "1271::1", nil] { #expect(!isLoopback(other)) }
  }

  @Test func `what an untrusted peer says of others is not believed`() {
    #expect(resolve("192.0.2.7", [(.xForwardedFor, "127.0.0.1")]).text == "192.0.2.7")
  }

  @Test func `a local proxy that nobody trusts does not make its clients local`() {
    #expect(resolve("127.0.0.1", [(.xForwardedFor, "192.0.2.7")], trusted: []).text == "127.0.0.1")
    #expect(!isLoopback("127.0.0.1", [(.xForwardedFor, "192.0.2.7")]))
  }

  @Test(arguments: [
    ("192.0.2.7", "192.0.2.7"), ("198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"), ("127.0.0.1, 192.0.2.7", "192.0.2.7"),
    ("192.0.2.7:4711", "192.0.2.7"), ("[2001:db8::7]:80", "2001:db8::7"), ("2001:DB8:0::7", "2001:db8::7"),
    ("10.0.0.3, 10.0.0.2", "10.0.0.3"), ("192.0.2.7, nonsense", "10.0.0.1"), ("192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2"),
    ("", "10.0.0.1"),
  ])
  func `behind trusted proxies the first untrusted address from the right is the client`(header: String, client: String) {
    #expect(resolve("10.0.0.1", [(.xForwardedFor, header)]).text == client)
  }

  @Test(arguments: [
    ("for=192.0.2.7", "192.0.2.7"), ("for=192.0.2.7;proto=https;by=10.0.0.1, for=10.0.0.2", "192.0.2.7"),
    ("proto=https; For=\"[2001:db8::7]:4711\"", "2001:db8::7"), ("for=_hidden", "10.0.0.1"), ("for=\"a,b;for=1.2.3.4\"", "10.0.0.1"),
  ])
  func `the Forwarded header says the same in its own way`(header: String, client: String) {
    #expect(resolve("10.0.0.1", [(.forwarded, header)]).text == client)
  }

  @Test func `several header lines are one list`() {
    #expect(resolve("10.0.0.1", [(.xForwardedFor, "198.51.100.1"), (.xForwardedFor, "192.0.2.7")]).text == "192.0.2.7")
  }

  @Test func `where the two headers do not agree neither is believed`() {
    let headers: [(HTTPField.Name, String)] = [(.xForwardedFor, "192.0.2.7"), (.forwarded, "for=127.0.0.1")]
    #expect(resolve("10.0.0.1", headers).text == "10.0.0.1")
    #expect(resolve("127.0.0.1", headers).text == "127.0.0.1")
    #expect(resolve("10.0.0.1", [(.xForwardedFor, "192.0.2.7"), (.forwarded, "for=192.0.2.7")]).text == "192.0.2.7")
  }

  @Test(arguments: [
    "Via", "Forwarded", "Forwarded-For", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server",
    "X-Forward-For", "X-Original-Forwarded-For", "X-Original-Host", "Max-Forwards", "X-Real-IP", "X-Client-IP", "Client-IP",
    "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Ray", "Fly-Client-IP", "Fly-Region", "Fastly-Client-IP",
    "WL-Proxy-Client-IP", "X-ProxyUser-Ip", "X-NginX-Proxy", "Proxy-Connection", "X-Azure-ClientIP", "X-Azure-Ref", "X-Originating-IP",
    "X-Remote-IP", "X-Remote-Addr", "X-Envoy-External-Address", "X-AppEngine-Country", "X-Vercel-Id", "X-ARR-SSL", "X-Host", "X-Scheme",
    "X-URL-Scheme", "Front-End-Https", "CDN-Loop", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context",
  ])
  func `a field that proxies write makes a local peer no local client`(name: String) throws {
    #expect(!isLoopback("127.0.0.1", [(try #require(HTTPField.Name(name)), "127.0.0.1")]))
  }

  @Test(arguments: [
    "Accept", "Authorization", "Connection", "Cookie", "Origin", "Referer", "Sec-Fetch-Site", "Upgrade-Insecure-Requests", "User-Agent",
    "X-Prometheus-Scrape-Timeout-Seconds", "X-Request-Id", "X-Stainless-OS", "traceparent",
  ])
  func `fields of clients are no sign of a proxy`(name: String) throws {
    #expect(isLoopback("127.0.0.1", [(try #require(HTTPField.Name(name)), "x")]))
  }
}
