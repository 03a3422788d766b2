// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "VoiceAuthBench",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "voice-realtime", path: "../..")],
  targets: [
    // libcrypto as it is, to compare with.
    .systemLibrary(name: "CBareOpenSSL", providers: [.apt(["libssl-dev"])]),
    .executableTarget(
      name: "VoiceAuthBench",
      dependencies: [
        "CBareOpenSSL", .product(name: "VoiceAuth", package: "voice-realtime"), .product(name: "VoiceCore", package: "voice-realtime"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
