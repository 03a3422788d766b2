extension RealtimeMessage {
  /// The `response_id` of an audio delta; nil for every other event. Looks into the event: for messages that wait, and for the
  /// rest of a response that was cut off.
  var audioResponseID: String? {
    guard case .event(.outputAudioDelta) = EventScanner.scanFirst(bytes) else { return nil }
    return bytes.withJSON { $0.member("response_id")?.string }
  }
}
