/// Name of this client and of its runtime.
enum SentryRuntime {
  static let name = "voice.swift"
  static let version = "1.0.0"
  static let userAgent = "\(name)/\(version)"

  static let contexts: [(String, JSONNode)] = [
    ("os", ["type": "os", "name": .string(system)]), ("runtime", ["type": "runtime", "name": "Swift"]),
    ("device", ["type": "device", "arch": .string(architecture)]),
  ]

  private static var system: String {
    #if os(Linux)
      "Linux"
    #else
      "macOS"
    #endif
  }

  private static var architecture: String {
    #if arch(arm64)
      "arm64"
    #elseif arch(x86_64)
      "x86_64"
    #else
      "other"
    #endif
  }
}
