/// One request on a connection of its own.
enum HTTPAsk {
  /// Nil where nobody listens.
  static func get(_ path: String, _ port: Int, method: String = "GET", token: String? = nil) async throws -> (
    status: Int, head: String, body: String
  )? {
    guard let connection = try? await RawConnection.open(port: port) else { return nil }
    return try await connection.talk { talk in
      let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
      try await talk.send("\(method) \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n\(authorization)\r\n")
      return try await talk.response()
    }
  }
}
