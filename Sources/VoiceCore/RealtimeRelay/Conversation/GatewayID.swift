/// Names of what the gateway itself sends: they begin with `gw_` and have at most 32 characters, as the provider demands of items.
///
/// The only place where these names are made and known again.
enum GatewayID {
  enum Kind: String, CaseIterable {
    case item = "gw_item_"
    case response = "gw_resp_"
    case update = "gw_upd_"
    case truncation = "gw_trunc_"
    case restore = "gw_rest_"
    case deletion = "gw_del_"
    case cancellation = "gw_can_"
    /// Settings and commits of the transcription beside the session.
    case transcriptionUpdate = "gw_ts_"
    case transcriptionCommit = "gw_tc_"
    /// Prefix of an event to the client.
    case event = "gw_evt_"
  }

  /// The kind of a name of the gateway's own; nil for every other one.
  static func kind(of id: String) -> Kind? {
    guard id.hasPrefix("gw_") else { return nil }
    return Kind.allCases.first { id.hasPrefix($0.rawValue) }
  }

  /// Name of the context item with this number.
  static func context(_ number: Int) -> String { "\(Kind.item.rawValue)c\(number)" }

  /// Number of a context item; nil for every other name.
  static func contextNumber(in id: String) -> Int? {
    let prefix = "\(Kind.item.rawValue)c"
    return id.hasPrefix(prefix) ? Int(id.dropFirst(prefix.utf8.count)) : nil
  }

  static func isItem(_ id: String) -> Bool { id.hasPrefix(Kind.item.rawValue) }

  /// The first name of an item that stands between quotation marks in a message such as `the item with id 'gw_item_1' does not exist`.
  static func item(in message: String) -> String? {
    message.split(separator: "'", omittingEmptySubsequences: false).first { isItem(String($0)) }.map(String.init)
  }
}

/// Gives names of the gateway's own, each once.
struct GatewayIDs {
  private var counts: [GatewayID.Kind: Int] = [:]

  mutating func next(_ kind: GatewayID.Kind) -> String {
    counts[kind, default: 0] += 1
    return "\(kind.rawValue)\(counts[kind, default: 1])"
  }

  /// Names that another session gave are not given again.
  mutating func reserve(_ ids: some Sequence<String>) {
    for id in ids {
      guard let kind = GatewayID.kind(of: id), let number = Int(id.dropFirst(kind.rawValue.utf8.count).prefix(15)) else { continue }
      counts[kind] = max(counts[kind] ?? 0, number)
    }
  }
}
