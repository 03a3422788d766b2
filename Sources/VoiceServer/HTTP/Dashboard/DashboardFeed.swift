import Foundation
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import VoiceCore
import VoiceTelemetry

/// Sends a ``DashboardFrame`` every two seconds to each open dashboard, as server-sent events.
final class DashboardFeed: Sendable {
  static let interval = Duration.seconds(2)
  static let maxViewers = 20
  private let viewers = NIOLockedValueBox(0)
  private let frame: @Sendable (_ after: Int64) async -> DashboardFrame
  private let isDraining: @Sendable () -> Bool

  /// `frame` makes one with the timeline after this moment.
  init(isDraining: @escaping @Sendable () -> Bool, frame: @escaping @Sendable (_ after: Int64) async -> DashboardFrame) {
    self.isDraining = isDraining
    self.frame = frame
  }

  /// Throws 503 where there are viewers enough.
  func response() throws -> Response {
    guard let seat = DashboardSeat(viewers, limit: Self.maxViewers) else {
      throw APIError(.serviceUnavailable, code: "too_many_dashboards", "Too many dashboards are open")
    }
    let body = ResponseBody { [self] writer in
      defer { withExtendedLifetime(seat) {} }
      try await feed(&writer)
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"], body: body)
  }

  private func feed(_ writer: inout any ResponseBodyWriter) async throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    var sent: Int64 = 0
    // A browser comes back by itself, soon.
    try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
    while !isDraining(), !Task.isCancelled {
      let next = await frame(sent)
      // The stretch under way is sent again, until it is over.
      sent = next.points.dropLast().last?.at ?? sent
      let json = try encoder.encode(next)
      var event = ByteBuffer(string: "data: ")
      event.writeBytes(json)
      event.writeString("\n\n")
      try await writer.write(event)
      try await Task.sleep(for: Self.interval)
    }
  }
}
