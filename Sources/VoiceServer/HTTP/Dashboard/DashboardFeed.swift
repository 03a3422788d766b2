import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import VoiceCore
import VoiceGateway
import VoiceTelemetry

/// Sends a ``DashboardFrame`` every two seconds to each open dashboard, as server-sent events.
final class DashboardFeed: Sendable {
  static let interval = Duration.seconds(2)
  static let maxViewers = 20
  private let viewers = NIOLockedValueBox(0)
  private let frame: @Sendable (_ after: Int64) async -> DashboardFrame
  private let isDraining: @Sendable () -> Bool

  /// Position of one viewer.
  private enum Position {
    case start
    case first
    /// The timeline is sent up to here.
    case after(Int64)
  }

  /// `frame` makes one with the timeline after this moment.
  init(isDraining: @escaping @Sendable () -> Bool, frame: @escaping @Sendable (_ after: Int64) async -> DashboardFrame) {
    self.isDraining = isDraining
    self.frame = frame
  }

  /// Throws 503 where there are viewers enough.
  func response() throws -> GatewayResponse {
    guard let seat = DashboardSeat(viewers, limit: Self.maxViewers) else {
      throw RouteError(.serviceUnavailable, code: "too_many_dashboards", "Too many dashboards are open")
    }
    let position = NIOLockedValueBox(Position.start)
    var response = GatewayResponse(.ok, headers: [.contentType: "text/event-stream; charset=utf-8"])
    response.stream = AsyncThrowingStream { [self] in
      defer { withExtendedLifetime(seat) {} }
      return try await next(position)
    }
    return response
  }

  /// The next part for a viewer; nil once the server drains.
  private func next(_ position: NIOLockedValueBox<Position>) async throws -> ByteBuffer? {
    var sent: Int64 = 0
    switch position.withLockedValue({ $0 }) {
    case .start:
      position.withLockedValue { $0 = .first }
      // A browser comes back by itself, soon.
      return ByteBuffer(string: "retry: 2000\n\n")
    case .first: break
    case .after(let moment):
      try await Task.sleep(for: Self.interval)
      sent = moment
    }
    guard !isDraining(), !Task.isCancelled else { return nil }
    let next = await frame(sent)
    // The stretch under way is sent again, until it is over.
    let end = next.points.dropLast().last?.at ?? sent
    position.withLockedValue { $0 = .after(end) }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    var event = ByteBuffer(string: "data: ")
    event.writeBytes(try encoder.encode(next))
    event.writeString("\n\n")
    return event
  }
}
