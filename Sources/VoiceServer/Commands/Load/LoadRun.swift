import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import VoiceCore

/// Sends speakers at a gateway as planned, tells how it goes every second, and ends early with a graceful shutdown.
struct LoadRun: Service {
  let plan: LoadPlan
  let speech: LoadSpeech
  let connector: any RealtimeConnector
  let group: any EventLoopGroup
  /// Address and token of the speaker of this number.
  let target: @Sendable (Int) -> RealtimeTarget
  let progress: @Sendable (String) -> Void
  let tally: NIOLockedValueBox<LoadTally>

  func run() async throws {
    let gone = NIOLockedValueBox(0)
    let dismissals = NIOLockedValueBox<[@Sendable () -> Void]>([])
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await tell() }
      let isWhole: Void? = try? await cancelWhenGracefulShutdown {
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<plan.sessions {
          try await clock.sleep(until: start + .seconds(Double(number) / plan.rate))
          let dismiss = send(number, gone)
          dismissals.withLockedValue { $0.append(dismiss) }
        }
        try await clock.sleep(for: plan.hold)
      }
      if isWhole == nil { progress("stopped early") }
      let came = dismissals.withLockedValue { $0 }
      for dismiss in came { dismiss() }
      // Each says goodbye within a tick, and drops the line three seconds later.
      for _ in 0..<50 where gone.withLockedValue({ $0 }) < came.count { try? await Task.sleep(for: .milliseconds(100)) }
      tasks.cancelAll()
    }
  }

  private func tell() async {
    while (try? await Task.sleep(for: .seconds(1))) != nil { progress(LoadReport.progress(tally.withLockedValue { $0 }, of: plan)) }
  }

  /// Answers the function that ends the speaker.
  private func send(_ number: Int, _ gone: NIOLockedValueBox<Int>) -> @Sendable () -> Void {
    let eventLoop = group.next()
    let (tally, plan, speech, connector, target) = (tally, plan, speech, connector, target(number))
    let box = NIOLockedValueBox<NIOLoopBound<LoadSpeaker>?>(nil)
    eventLoop.execute {
      let speaker = LoadSpeaker(
        plan: plan, speech: speech, on: eventLoop, report: { event in tally.withLockedValue { $0.add(event) } },
        finished: { gone.withLockedValue { $0 += 1 } })
      box.withLockedValue { $0 = NIOLoopBound(speaker, eventLoop: eventLoop) }
      speaker.dial(target, by: connector)
    }
    return { eventLoop.execute { box.withLockedValue { $0 }?.value.dismiss() } }
  }
}
