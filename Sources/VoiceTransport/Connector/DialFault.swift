import NIOPosix
import VoiceCore

extension NetworkFault {
  /// Words for a dial that failed: of a name with several addresses, those of the first; of one without any, those of the look-up.
  static func words(ofDial error: any Error) -> String {
    guard let failure = error as? NIOConnectionError else { return words(error) }
    if let first = failure.connectionErrors.first { return words(first.error) }
    return (failure.dnsAError ?? failure.dnsAAAAError).map { words($0) } ?? nameNotFound
  }
}
