import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT: the first begins the drain, the second ends the process at once. SIGHUP, which many servers take as a wish to read their
/// files again, is passed over: files are read again by themselves, and settings at the start alone.
///
/// The drain: `draining` starts `DrainDelay` (`VOICE_DRAIN_DELAY_SECONDS`, none after SIGINT), then the services of `App.assemble` stop in
/// reverse order. `VoiceGateway.drain` comes first: `/readyz` answers 503, no session is admitted, and each running one gets a notice and
/// ends with 1012 after its turn, at the latest after `VOICE_DRAIN_SECONDS` (`SessionClockStateMachine.drainStarted`). When the sessions
/// have ended and the delay is over, the listener stops, then the stores and telemetry.
struct SignalWatch: Sendable {
  let logger: Logger

  /// Runs `group` until it ends by itself or by a signal; `draining` is told of the first at once.
  func run(_ group: ServiceGroup, draining: @escaping @Sendable (UnixSignal) -> Void) async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        var isFirst = true
        for await signal in signals {
          guard signal != .sighup else {
            logger.info("SIGHUP is passed over: flags and certificates are read again by themselves, other settings at a restart")
            continue
          }
          guard isFirst else {
            logger.notice("second signal, ending at once", metadata: ["signal": "\(signal)"])
            _exit(128 + signal.rawValue)
          }
          isFirst = false
          logger.notice("draining", metadata: ["signal": "\(signal)"])
          draining(signal)
          await group.triggerGracefulShutdown()
        }
      }
      defer { tasks.cancelAll() }
      do { try await group.run() } catch is CancellationError {
        logger.warning("the drain took too long, what was still open was closed")
      }
    }
  }
}
