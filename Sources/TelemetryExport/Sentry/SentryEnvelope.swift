/// One item of data with what Sentry wants around it, ready to be sent (the envelope format of Sentry's developer documentation).
public struct SentryEnvelope: Sendable, Equatable {
  /// Category by which Sentry limits the rate.
  public var category: SentryCategory
  /// Members of the envelope's header; `sent_at` is added when it goes out.
  var header: [(String, JSONNode)]
  /// `event`, `transaction`, `sessions` or `client_report`.
  var type: String
  var payload: [UInt8]
  /// Number of ``category`` items in it.
  var quantity = 1

  public static func == (left: Self, right: Self) -> Bool {
    left.category == right.category && left.type == right.type && left.payload == right.payload && left.quantity == right.quantity
      && JSONNode.object(left.header) == .object(right.header)
  }

  /// Approximate size in memory.
  var size: Int { payload.count + 256 }

  func bytes(sentAt: String) -> [UInt8] {
    var out = JSONNode.object(header + [("sent_at", .string(sentAt))]).bytes
    out.append(UInt8(ascii: "\n"))
    out += JSONNode.object([("type", .string(type)), ("length", .integer(Int64(payload.count)))]).bytes
    out.append(UInt8(ascii: "\n"))
    out += payload
    out.append(UInt8(ascii: "\n"))
    return out
  }
}
