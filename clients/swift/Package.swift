// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "voice-realtime-client",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "VoiceRealtimeClient", targets: ["VoiceRealtimeClient"])],
  targets: [
    .target(name: "VoiceRealtimeClient"),
    .executableTarget(name: "SayText", dependencies: ["VoiceRealtimeClient"]),
    .testTarget(name: "VoiceRealtimeClientTests", dependencies: ["VoiceRealtimeClient"]),
  ],
  swiftLanguageModes: [.v6]
)
