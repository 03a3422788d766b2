import SystemPackage

/// Output to the terminal, whole lines at a time.
enum Console {
  static func error(_ line: String) { write("voice-server: \(line)\n", to: .standardError) }
  static func print(_ line: String) { write(line + "\n", to: .standardOutput) }

  /// A reader that has gone away is no reason to stop.
  static func write(_ text: String, to descriptor: FileDescriptor) { _ = try? descriptor.writeAll(text.utf8) }
}
