/// Kind of data with an endpoint of its own.
enum OTLPSignal: String, Sendable, CaseIterable {
  case traces, metrics

  /// Plural of what one export has many of.
  var item: String {
    switch self {
    case .traces: "spans"
    case .metrics: "data_points"
    }
  }

  /// Names of the count of rejected items in an answer: Protobuf's JSON, and the field's own name, which readers take as well.
  var rejectedNames: [String] {
    switch self {
    case .traces: ["rejectedSpans", "rejected_spans"]
    case .metrics: ["rejectedDataPoints", "rejected_data_points"]
    }
  }
}
