import NIOConcurrencyHelpers

/// Remembers what was said of a server, so that a wrong password is logged once and not at every attempt of every connection.
final class LoginErrorLog: Sendable {
  private let said = NIOLockedValueBox<[RedisEndpoint: String]>([:])

  func isNew(_ error: RedisError, by endpoint: RedisEndpoint) -> Bool {
    said.withLockedValue { $0.updateValue(error.description, forKey: endpoint) != error.description }
  }

  func accepted(by endpoint: RedisEndpoint) { said.withLockedValue { $0[endpoint] = nil } }
}
