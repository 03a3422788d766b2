import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Makes speech for all sessions of a server, each text once, off their event loops.
final class SpeechSynthesizer: Sendable {
  private struct State {
    var made: [SpeechRequest: Speech] = [:]
    /// Oldest first.
    var order: [SpeechRequest] = []
    var bytes = 0
    var waiting: [SpeechRequest: [EventLoopPromise<Speech>]] = [:]
  }

  private enum Step {
    case made(Speech)
    case make, wait, makeTones
  }

  /// What is kept of speech that was made.
  private static let maxBytes = 32 << 20
  /// Texts that wait for a process; more are said in tones.
  private static let maxWaiting = 16

  private let voice: EspeakVoice?
  private let state = NIOLockedValueBox(State())

  /// - Parameter voice: nil says everything in tones.
  init(voice: EspeakVoice?) { self.voice = voice }

  /// Never fails: where the voice does, tones are heard instead.
  func speak(_ request: SpeechRequest, on eventLoop: any EventLoop) -> EventLoopFuture<Speech> {
    let promise = eventLoop.makePromise(of: Speech.self)
    let step = state.withLockedValue { state -> Step in
      if let speech = state.made[request] { return .made(speech) }
      guard voice != nil else { return .makeTones }
      if state.waiting[request] != nil {
        state.waiting[request]?.append(promise)
        return .wait
      }
      guard state.waiting.count < Self.maxWaiting else { return .makeTones }
      state.waiting[request] = [promise]
      return .make
    }
    switch step {
    case .made(let speech): promise.succeed(speech)
    case .wait: break
    case .makeTones:
      let speech = Speech(samples: ToneVoice.samples(request), format: request.format)
      if voice == nil { keep(speech, for: request) }
      promise.succeed(speech)
    case .make:
      NIOThreadPool.singleton.submit { [self] _ in
        let samples = voice?.samples(request) ?? ToneVoice.samples(request)
        finish(Speech(samples: samples, format: request.format), for: request)
      }
    }
    return promise.futureResult
  }

  private func finish(_ speech: Speech, for request: SpeechRequest) {
    keep(speech, for: request)
    let waiting = state.withLockedValue { $0.waiting.removeValue(forKey: request) ?? [] }
    for promise in waiting { promise.succeed(speech) }
  }

  private func keep(_ speech: Speech, for request: SpeechRequest) {
    state.withLockedValue { state in
      guard state.made.updateValue(speech, forKey: request) == nil else { return }
      state.order.append(request)
      state.bytes += speech.bytes
      while state.bytes > Self.maxBytes, state.order.count > 1 {
        state.bytes -= state.made.removeValue(forKey: state.order.removeFirst())?.bytes ?? 0
      }
    }
  }
}
