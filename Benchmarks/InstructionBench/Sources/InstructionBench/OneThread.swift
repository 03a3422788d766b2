import NIOConcurrencyHelpers

/// Runs tasks on the thread that asks for it, one job after another: which job comes next is the same in every run.
final class OneThread: TaskExecutor {
  private let jobs = NIOLockedValueBox<[UnownedJob]>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLockedValue { $0.append(job) }
  }

  /// Runs `body` to its end. Where no job waits, `idle` is asked to bring about one: an event loop without a thread.
  func run(_ body: @escaping @Sendable () async throws -> Void, idle: () -> Void = {}) {
    let isOver = NIOLockedValueBox(false)
    Task(executorPreference: self) {
      do { try await body() } catch { fatalError("\(error)") }
      isOver.withLockedValue { $0 = true }
    }
    while !isOver.withLockedValue({ $0 }) {
      if !runWaiting() {
        idle()
        precondition(runWaiting() || isOver.withLockedValue { $0 }, "everything waits for something that does not come")
      }
    }
  }

  private func runWaiting() -> Bool {
    let waiting = jobs.withLockedValue { jobs in
      defer { jobs.removeAll(keepingCapacity: true) }
      return jobs
    }
    for job in waiting { job.runSynchronously(on: asUnownedTaskExecutor()) }
    return !waiting.isEmpty
  }
}
