import NIOCore

/// The relay's end of prefetch: the prefetcher, its queries, its timer, and what the client said behind a request that is held.
final class PrefetchPort {
  var prefetcher: any ContextPrefetcher
  let worker = RetrievalWorker()
  let alarm: Alarm
  /// The prefetcher wants the client's `response.create` kept back.
  var isRequestHeld = false
  /// The client's `response.create`, and all that it said behind it. Its bound is met by not reading on.
  private(set) var waiting: [RealtimeMessage] = []
  private(set) var waitingBytes = 0
  /// The transcription socket, where there is to be one.
  var transcription: TranscriptionLeg?

  init(_ prefetcher: any ContextPrefetcher, on eventLoop: any EventLoop) {
    self.prefetcher = prefetcher
    alarm = Alarm(on: eventLoop)
  }

  func keep(_ message: RealtimeMessage) {
    waiting.append(message)
    waitingBytes += message.bytes.readableBytes
  }

  /// Takes out what the client said, in order; nothing is held any more.
  func takeWaiting() -> [RealtimeMessage] {
    defer { (waiting, waitingBytes, isRequestHeld) = ([], 0, false) }
    return waiting
  }

  /// Cancels what is under way; nothing is asked any more.
  func stop() {
    worker.stop()
    alarm.cancel()
    transcription?.stop()
  }
}
