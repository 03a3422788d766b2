import NIOCore
import NIOPosix
import VoiceCore
import VoiceTransport

/// One connection after the other to the fuzzing server.
struct AutobahnSession: Sendable {
  let connector: NIORealtimeConnector

  /// Echoes until the server closes, and gives the last text that came.
  func run(_ url: String) async throws -> String {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let ended = loop.makePromise(of: String.self)
    loop.execute { [connector] in
      connector.connect(to: RealtimeTarget(url: url), on: loop) { connection in
        CaseEcho(connection, ended: ended)
      } failed: { error in
        ended.fail(error)
      }
    }
    return try await ended.futureResult.get()
  }
}
