import VoiceCore

/// The walk over an event's bytes that every message of a client gets.
enum Scans {
  static func append(_ count: Int) {
    for _ in 0..<count { precondition(EventScanner.scanWhole(Messages.append) == .event(.inputAudioAppend)) }
  }

  static func control(_ count: Int) {
    for _ in 0..<count { precondition(EventScanner.scanWhole(Messages.sessionUpdate) == .event(.sessionUpdate)) }
  }
}
