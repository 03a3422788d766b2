import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Makes speech for all sessions of a server, each text once.
///
/// With a pool of threads nothing but short tones is made on an event loop, and what waits for the threads is bounded; without one,
/// speech is tones and is there at once, as tests in memory want it.
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
    case tonesHere, tonesOnThread, voiceOnThread, wait, silence
  }

  /// Kept of speech that was made.
  private static let maxBytes = 32 << 20
  /// Texts that wait for the voice; more are said in tones.
  private static let maxVoiceWaiting = 16
  /// Texts that wait for a thread; more are shown without a sound.
  private static let maxWaiting = 256
  /// Characters whose tones are made faster than a thread could be asked.
  private static let shortText = 80

  private let voice: EspeakVoice?
  private let pool: NIOThreadPool?
  private let state = NIOLockedValueBox(State())

  /// - Parameters:
  ///   - voice: nil says everything in tones.
  ///   - pool: nil makes everything on the caller's event loop.
  init(voice: EspeakVoice?, pool: NIOThreadPool?) {
    self.voice = voice
    self.pool = pool
  }

  /// Never fails: tones take the place of a voice that does.
  func speak(_ request: SpeechRequest, on eventLoop: any EventLoop) -> EventLoopFuture<Speech> {
    let promise = eventLoop.makePromise(of: Speech.self)
    switch state.withLockedValue({ step(request, promise, &$0) }) {
    case .made(let speech): promise.succeed(speech)
    case .wait: break
    case .silence: promise.succeed(Speech(samples: [], format: request.format))
    case .tonesHere:
      let speech = tones(request)
      // Tones that stand in for a busy voice are not what the text is to sound like later.
      if voice == nil { keep(speech, for: request) }
      promise.succeed(speech)
    case .tonesOnThread: make(request, isKept: voice == nil) { self.tones(request) }
    case .voiceOnThread:
      make(request, isKept: true) {
        self.voice?.samples(request).map { Speech(samples: $0, format: request.format) } ?? self.tones(request)
      }
    }
    return promise.futureResult
  }

  private func step(_ request: SpeechRequest, _ promise: EventLoopPromise<Speech>, _ state: inout State) -> Step {
    if let speech = state.made[request] { return .made(speech) }
    if state.waiting[request] != nil {
      state.waiting[request]?.append(promise)
      return .wait
    }
    let usesVoice = voice != nil && state.waiting.count < Self.maxVoiceWaiting
    guard pool != nil, usesVoice || request.text.utf8.count > Self.shortText else { return .tonesHere }
    guard state.waiting.count < Self.maxWaiting else { return .silence }
    state.waiting[request] = [promise]
    return usesVoice ? .voiceOnThread : .tonesOnThread
  }

  private func tones(_ request: SpeechRequest) -> Speech { Speech(samples: ToneVoice.samples(request), format: request.format) }

  private func make(_ request: SpeechRequest, isKept: Bool, _ body: @escaping @Sendable () -> Speech) {
    pool?.submit { [self] _ in
      let speech = body()
      if isKept { keep(speech, for: request) }
      let waiting = state.withLockedValue { $0.waiting.removeValue(forKey: request) ?? [] }
      for promise in waiting { promise.succeed(speech) }
    }
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
