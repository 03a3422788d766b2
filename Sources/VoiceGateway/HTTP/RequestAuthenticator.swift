import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import VoiceAuth
import VoiceCore

/// Authentication of HTTP requests: the admin, or the user whose token it is.
package struct RequestAuthenticator: Sendable {
  enum Identity: Sendable, Equatable {
    case admin
    case user(VerifiedToken)
  }

  private let adminToken: Secret?
  /// True if a loopback request is the admin's when no token is set.
  private let trustsLoopback: Bool
  private let trustedProxies: [AddressBlock]
  private let verifier: any TokenVerifier
  private let guesses = NIOLockedValueBox(RejectionThrottle(.guesses))

  init(_ configuration: GatewayConfiguration.HTTP, verifier: any TokenVerifier) {
    adminToken = configuration.adminToken
    trustsLoopback = configuration.adminLoopback
    trustedProxies = configuration.trustedProxies
    self.verifier = verifier
  }

  /// Throws 401 for every caller but the admin, and later the more often an address guesses.
  func requireAdmin(_ request: GatewayRequest) async throws {
    if isAdmin(request) { return }
    if request.head.headerFields[.authorization] != nil { try await pace(request) }
    // A browser asks for the token by itself when the answer offers Basic authentication.
    throw RouteError.unauthorized("admin_token_required", "This route is the admin's")
      .with(.wwwAuthenticate, "Bearer realm=\"voice\", Basic realm=\"voice\", charset=\"UTF-8\"")
  }

  /// Holds a refusal back: an address may be wrong so many times at once, and then so often a second.
  private func pace(_ request: GatewayRequest) async throws {
    let client = ClientAddress.resolve(peer: request.peer, headers: request.head.headerFields, trusted: trustedProxies)
    let delay = guesses.withLockedValue { $0.delay(of: client.network, at: .now) }
    if delay > .zero { try await Task.sleep(for: delay) }
  }

  /// Throws 401 for an invalid token, and 400 for two. A token in the query does not count here: a client that can post can set a
  /// header.
  func requireUser(_ request: GatewayRequest) async throws -> VerifiedToken {
    var head = request.head
    head.path = nil
    let token: Secret
    switch TokenSource.find(in: head) {
    case .none: throw RouteError.tokenMissing
    case .token(let found), .ticket(let found): token = found
    case .conflict: throw RouteError.invalid("ambiguous_token", "Two different tokens in one request")
    }
    switch await verifier.verify(token) {
    case .success(let user): return user
    case .failure(let refusal):
      switch refusal.reason {
      case .missing: throw RouteError.tokenMissing
      case .invalid:
        try await pace(request)
        throw RouteError.tokenInvalid
      case .expired: throw RouteError.tokenExpired
      case .unavailable: throw RouteError.noVerdict
      }
    }
  }

  /// The admin where the request shows it, else the user.
  func identify(_ request: GatewayRequest) async throws -> Identity {
    if adminToken != nil || request.head.headerFields[.authorization] == nil, isAdmin(request) { return .admin }
    return .user(try await requireUser(request))
  }

  private func isAdmin(_ request: GatewayRequest) -> Bool {
    guard let adminToken else {
      // A web page of others may have pointed a name of its own at this machine: such a host is not local.
      return trustsLoopback && ClientAddress.isLoopback(peer: request.peer, headers: request.head.headerFields)
        && URLHost.isLoopback(request.head.authority ?? "") && Self.isLocalOrigin(request.head.headerFields[.origin])
    }
    guard let given = bearer(request) ?? basicPassword(request) else { return false }
    return Self.isEqual(given, adminToken.expose())
  }

  /// A page of another site, in a browser on this machine, is a stranger's.
  private static func isLocalOrigin(_ origin: String?) -> Bool {
    guard let origin else { return true }
    guard let scheme = origin.range(of: "://") else { return false }
    return URLHost.isLoopback(String(origin[scheme.upperBound...]))
  }

  private func bearer(_ request: GatewayRequest) -> String? { credentials(request, scheme: "bearer") }

  private func basicPassword(_ request: GatewayRequest) -> String? {
    guard let encoded = credentials(request, scheme: "basic"), let data = Data(base64Encoded: encoded),
      let text = String(data: data, encoding: .utf8), let colon = text.firstIndex(of: ":")
    else { return nil }
    return String(text[text.index(after: colon)...])
  }

  private func credentials(_ request: GatewayRequest, scheme: String) -> String? {
    guard let value = request.head.headerFields[.authorization], let space = value.firstIndex(of: " "),
      value[..<space].lowercased() == scheme
    else { return nil }
    return String(value[space...].trimmed)
  }

  /// Takes as long for a wrong token as for the right one, whatever of it is right.
  static func isEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var difference = left.count ^ right.count
    for index in right.indices { difference |= Int(right[index] ^ (index < left.count ? left[index] : 0)) }
    return difference == 0
  }
}

extension RejectionThrottle.Policy {
  /// Wrong tokens over HTTP: thirty at once, then four a second.
  static let guesses = Self(burst: 30, interval: .milliseconds(250), longest: .seconds(5))
}
