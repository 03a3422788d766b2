import Foundation

enum Figures {
  private static let isWanted = ProcessInfo.processInfo.environment["VOICE_TEST_FIGURES"] != nil

  /// Prints what was measured, where `VOICE_TEST_FIGURES` asks for it.
  static func show(_ text: @autoclosure () -> String) { if isWanted { print(text()) } }
}
