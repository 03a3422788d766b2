// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "RAGBench",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "voice-realtime", path: "../.."),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
  ],
  targets: [
    .executableTarget(
      name: "RAGBench",
      dependencies: [
        .product(name: "VoiceCore", package: "voice-realtime"), .product(name: "VoiceTransport", package: "voice-realtime"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
