import Foundation
import Logging
import ServiceLifecycle

/// Returns memory that was freed to the system, once a minute and only where the process has grown.
///
/// glibc keeps what lies below anything that is still in use: after thousands of sessions that ended, as much as they took.
struct MemoryReturn: Service {
  /// Decides when it is worth the few milliseconds in which allocations wait.
  struct Rule {
    /// Bytes by which the process has to grow.
    static let growth = 16 << 20
    private var floor = 0

    func isDue(resident: Int) -> Bool { resident > floor + Self.growth }
    mutating func returned(resident: Int) { floor = resident }
    /// The process shrank by itself.
    mutating func observed(resident: Int) { floor = min(floor, resident) }
  }

  let logger: Logger
  var interval = Duration.seconds(60)

  func run() async {
    guard let trim = Self.trim else {
      try? await gracefulShutdown()
      return
    }
    await cancelWhenGracefulShutdown {
      var rule = Rule()
      while true {
        guard (try? await Task.sleep(for: interval)) != nil, let before = ProcessMemory.resident?.own else { return }
        rule.observed(resident: before)
        guard rule.isDue(resident: before) else { continue }
        let took = ContinuousClock().measure { _ = trim(0) }
        let after = ProcessMemory.resident?.own ?? before
        rule.returned(resident: after)
        logger.debug("\((before - after) >> 20) MiB of freed memory returned to the system in \(took)")
      }
    }
  }

  /// `malloc_trim(3)`; nil for a C library without it.
  private static let trim: (@convention(c) (Int) -> CInt)? = dlsym(nil, "malloc_trim").map {
    unsafeBitCast($0, to: (@convention(c) (Int) -> CInt).self)
  }
}
