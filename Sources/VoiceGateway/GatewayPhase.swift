/// Phase of a gateway, as `/readyz` answers it.
public enum GatewayPhase: Sendable, Equatable {
  /// The gateway is not run yet.
  case starting
  /// Sessions are let in.
  case ready
  /// No session is let in any more.
  case draining
}
