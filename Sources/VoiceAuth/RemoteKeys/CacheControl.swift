import HTTPTypes

/// Freshness of a response (RFC 9111 sections 4.2 and 5.2.2).
enum CacheControl {
  /// `max-age` less `Age`; zero where the answer is not to be stored; nil where nothing is said.
  static func freshness(of response: HTTPResponse) -> Duration? {
    let directives = response.headerFields[values: .cacheControl].flatMap { $0.split(separator: ",") }
      .map { $0.filter { !$0.isWhitespace }.lowercased() }
    if directives.contains(where: { $0 == "no-store" || $0 == "no-cache" }) { return .zero }
    guard let directive = directives.first(where: { $0.hasPrefix("max-age=") }) else { return nil }
    let digits = directive.dropFirst(8).filter { $0 != "\"" }
    guard let seconds = Int64(digits) else { return .zero }
    let age = response.headerFields[.age].flatMap { Int64($0) } ?? 0
    return .seconds(max(0, seconds - max(0, min(age, seconds))))
  }
}
