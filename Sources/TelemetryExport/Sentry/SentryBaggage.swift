import Foundation

/// Sentry's entries of a `baggage` header field: the dynamic sampling context of the trace's beginning.
public enum SentryBaggage {
  private static let prefix = "sentry-"

  /// Names without their prefix, values decoded: those that Sentry knows, in their shape, and no name of a user.
  public static func samplingContext(_ baggage: String) -> [TraceAttribute] {
    var entries: [TraceAttribute] = []
    for entry in baggage.utf8.split(separator: UInt8(ascii: ",")).prefix(64) {
      // Properties behind a semicolon are not part of the value.
      let text = String(decoding: entry.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = text[..<equals].filter { $0 != " " }
      let value = text[text.utf8.index(after: equals)...].filter { $0 != " " }
      guard name.hasPrefix(prefix), let decoded = String(value).removingPercentEncoding else { continue }
      entries.append(TraceAttribute(String(name.dropFirst(prefix.count)), .text(decoded)))
    }
    return SentrySamplingContext.sound(entries).map { TraceAttribute($0.name, .text($0.value)) }
  }
}
