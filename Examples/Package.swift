// swift-tools-version: 6.2
import PackageDescription

func product(_ name: String) -> Target.Dependency { .product(name: name, package: "voice-realtime") }

let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// Each embeds a part of the project, and depends on that part alone.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "voice-realtime", path: ".."),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
  ],
  targets: [
    .executableTarget(name: "VerifyToken", dependencies: [product("VoiceAuth"), product("VoiceCore")]),
    .executableTarget(
      name: "PlainServer",
      dependencies: [product("VoiceCore"), product("VoiceTransport"), product("VoiceSimulator"), nioPosix]),
    .executableTarget(
      name: "NIOGateway",
      dependencies: [
        product("VoiceAuth"), product("VoiceCore"), product("VoiceGateway"), product("VoiceTransport"), nioPosix, lifecycle,
      ]),
    .executableTarget(
      name: "HummingbirdGateway",
      dependencies: [
        product("DocumentIndex"), product("RAGPrefetch"), product("VoiceAuth"), product("VoiceCore"), product("VoiceGateway"),
        product("VoiceHummingbird"), product("VoiceTelemetry"),
        .product(name: "Hummingbird", package: "hummingbird"),
      ]),
    .executableTarget(name: "OwnRetriever", dependencies: [product("VoiceCore")]),
    .executableTarget(name: "OwnTool", dependencies: [product("VoiceCore")]),
    .executableTarget(name: "OwnStore", dependencies: [product("SessionStore"), product("VoiceCore"), product("VoiceTesting")]),
  ],
  swiftLanguageModes: [.v6]
)
