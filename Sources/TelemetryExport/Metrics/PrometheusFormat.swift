/// A text format of metrics, as a scraper asks for it.
public enum PrometheusFormat: Sendable, Equatable {
  /// Text format 0.0.4.
  case prometheus
  /// OpenMetrics 1.0.0.
  case openMetrics

  /// Value of the `Content-Type` header.
  public var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// Chooses by an `Accept` header and its qualities (RFC 9110 section 12.5.1); OpenMetrics only where it is named and nothing that the
  /// older format satisfies is wanted more.
  public init(accept: String?) {
    var openMetrics = 0.0
    var plain = 0.0
    for range in (accept ?? "").utf8.split(separator: UInt8(ascii: ",")) {
      let parts = range.split(separator: UInt8(ascii: ";")).map { String(decoding: $0.filter { $0 > 0x20 }, as: UTF8.self).lowercased() }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      switch parts.first {
      case "application/openmetrics-text": openMetrics = max(openMetrics, quality)
      case "text/plain": plain = max(plain, quality)
      default: break
      }
    }
    self = openMetrics > 0 && openMetrics >= plain ? .openMetrics : .prometheus
  }
}
