import NIOCore

/// A response that the client has not heard of, because so far it is nothing but calls of the gateway's own tools.
///
/// It is shown from its beginning as soon as it has an item that is not. When it ends without one the client sees the next response,
/// which the gateway asks for, in its place.
enum SuppressedResponse {
  case none
  /// `response.created` is kept back.
  case begun(id: String, created: ByteBuffer)
  /// The calls run: `done` is kept back too.
  case ended(created: ByteBuffer, done: ByteBuffer)

  /// Returns true if it is the response of this id, and in progress.
  func isBegun(_ id: String?) -> Bool {
    if case .begun(let own, _) = self { own == id } else { false }
  }

  /// The client is to see it after all: what was kept back, in order.
  mutating func shown() -> [ByteBuffer] {
    defer { self = .none }
    switch self {
    case .none: return []
    case .begun(_, let created): return [created]
    case .ended(let created, let done): return [created, done]
    }
  }

  /// Fields of `response.create` that the next response repeats: what the client asked for, and how it knows
  /// the response again.
  var request: String? {
    guard case .ended(let created, _) = self else { return nil }
    return created.withJSON { event -> String? in
      guard let response = event.member("response") else { return nil }
      let members = [
        response.member("output_modalities").map { "\"output_modalities\":\($0.json)" },
        response.member("metadata").flatMap { $0.isNull ? nil : "\"metadata\":\($0.json)" },
      ].compactMap(\.self)
      return members.isEmpty ? nil : "{\(members.joined(separator: ","))}"
    }
  }
}
