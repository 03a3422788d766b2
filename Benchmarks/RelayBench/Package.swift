// swift-tools-version: 6.2
import PackageDescription

let gnu: [CSetting] = [.define("_GNU_SOURCE")]

/// What `make bench-relay` measures with: a load generator and an upstream in C, and two relays to compare with.
/// A package of its own, so that none of it stands in an embedder's graph.
let package = Package(
  name: "relay-bench",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(name: "voice-realtime", path: "../.."),
  ],
  targets: [
    .target(name: "CRelayBench", cSettings: gnu),
    .executableTarget(name: "loadgen", dependencies: ["CRelayBench"], cSettings: gnu),
    .executableTarget(name: "fakeupstream", dependencies: ["CRelayBench"], cSettings: gnu),
    // Junk tokens as fast as one thread can send them, and sessions that run meanwhile.
    .executableTarget(name: "flood", dependencies: ["CRelayBench"], cSettings: gnu),
    // NIO passing bytes on, unread: the floor for any relay on NIO.
    .executableTarget(
      name: "pump",
      dependencies: [.product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")]),
    // VoiceTransport on both legs, with nothing between them.
    .executableTarget(
      name: "microrelay",
      dependencies: [
        .product(name: "VoiceCore", package: "voice-realtime"), .product(name: "VoiceTransport", package: "voice-realtime"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
