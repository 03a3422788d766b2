// swift-tools-version: 6.2
import PackageDescription

/// What `make instructions` counts: operations of the libraries, each done so many times by a process of its own.
let package = Package(
  name: "instruction-bench",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(name: "voice-realtime", path: "../.."),
  ],
  targets: [
    .executableTarget(
      name: "InstructionBench",
      dependencies: [
        .product(name: "VoiceCore", package: "voice-realtime"), .product(name: "VoiceAuth", package: "voice-realtime"),
        .product(name: "RateLimiting", package: "voice-realtime"), .product(name: "VoiceTransport", package: "voice-realtime"),
        .product(name: "VoiceGateway", package: "voice-realtime"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
