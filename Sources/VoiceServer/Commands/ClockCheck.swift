import Foundation
import HTTPTypes
import VoiceCore

/// Compares this machine's clock with the `Date` that a server on the network puts on its answers.
struct ClockCheck: Sendable {
  let client: any HTTPClient
  /// A URL whose host is asked; what it answers does not matter.
  let url: String
  /// Tolerance of `exp`, `nbf` and `iat`.
  let leeway: Duration
  let now: @Sendable () -> UnixTime

  /// Throws ``Probe/Failure`` where tokens would be judged by a wrong time.
  func look() async throws -> String {
    guard let request = Self.request(url) else { return "not compared: nothing on the network to compare with" }
    let host = request.authority ?? "the server"
    let before = now()
    guard let response = try? await client.execute(request, body: nil, options: HTTPClientOptions(timeout: .seconds(5))) else {
      return "not compared: \(host) was not reached"
    }
    guard let date = response.head.headerFields[.date].flatMap(Self.time) else { return "not compared: \(host) tells no time" }
    return try Self.verdict(between: before, and: now(), theirs: date, host: host, leeway: leeway)
  }

  /// `theirs` has whole seconds, and was written at some moment between the two.
  static func verdict(between before: UnixTime, and after: UnixTime, theirs: UnixTime, host: String, leeway: Duration) throws -> String {
    let ahead = before - (theirs + .seconds(1))
    let behind = theirs - after
    let off = max(ahead, behind, .zero)
    let seconds = off.inMilliseconds / 1_000
    guard off > leeway else { return seconds == 0 ? "as \(host) has it" : "\(seconds) s off what \(host) has, within JWT_LEEWAY_SECONDS" }
    throw Probe.Failure(
      "this machine is \(seconds) s \(ahead > behind ? "ahead of" : "behind") \(host): tokens are refused by their exp, nbf or iat; "
        + "set the clock (timedatectl set-ntp true), or raise JWT_LEEWAY_SECONDS")
  }

  /// A request to the root of the URL's host, by http or https.
  static func request(_ url: String) -> HTTPRequest? {
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
      let scheme = ["ws": "http", "wss": "https", "http": "http", "https": "https"][parts.scheme?.lowercased() ?? ""]
    else { return nil }
    return HTTPRequest(method: .get, scheme: scheme, authority: host + (parts.port.map { ":\($0)" } ?? ""), path: "/")
  }

  /// RFC 9110 section 5.6.7, the form that servers send.
  static func time(_ text: String) -> UnixTime? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.date(from: text).map { UnixTime(seconds: Int64($0.timeIntervalSince1970)) }
  }
}
