import NIOCore

/// A finding of one speaker of a load.
enum LoadEvent: Equatable, Sendable {
  case dialled
  /// Time from the dial to `session.created`.
  case opened(TimeAmount)
  /// Time from the end of speech to the first audio.
  case answered(TimeAmount)
  /// Code of an `error` event, of a refused handshake, or of this side's patience.
  case failed(String)
  /// `wasOpen`: it had been opened before.
  case closed(wasOpen: Bool)
}
