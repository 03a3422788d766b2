// swift-tools-version: 6.2
import PackageDescription

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "voice-realtime") }

/// Each embeds a part of the project, and depends on that part alone.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "voice-realtime", path: ".."),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
  ],
  targets: [
    .executableTarget(name: "VerifyToken", dependencies: [product("VoiceAuth"), product("VoiceCore")]),
    .executableTarget(
      name: "PlainServer",
      dependencies: [
        product("VoiceCore"), product("VoiceTransport"), product("VoiceSimulator"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
