// swift-tools-version: 6.2
import PackageDescription

/// What `make bench-store` measures with, beside `redis-benchmark`.
let package = Package(
  name: "store-bench",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
    .package(name: "voice-realtime", path: "../.."),
  ],
  targets: [
    .executableTarget(
      name: "storebench",
      dependencies: [
        .product(name: "SessionStore", package: "voice-realtime"), .product(name: "RateLimiting", package: "voice-realtime"),
        .product(name: "VoiceCore", package: "voice-realtime"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
