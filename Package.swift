// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 mode, with the upcoming features that keep imports and existentials honest. Warnings are errors.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")

let package = Package(
  name: "voice-realtime",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "VoiceCore", targets: ["VoiceCore"]),
    .library(name: "VoiceAuth", targets: ["VoiceAuth"]),
    .library(name: "RateLimiting", targets: ["RateLimiting"]),
    .library(name: "SessionStore", targets: ["SessionStore"]),
    .library(name: "RAGPrefetch", targets: ["RAGPrefetch"]),
    .library(name: "VoiceGateway", targets: ["VoiceGateway"]),
    .library(name: "VoiceHummingbird", targets: ["VoiceHummingbird"]),
    .library(name: "DocumentIndex", targets: ["DocumentIndex"]),
    .library(name: "VoiceTransport", targets: ["VoiceTransport"]),
    .library(name: "VoiceHTTP", targets: ["VoiceHTTP"]),
    .library(name: "VoiceTelemetry", targets: ["VoiceTelemetry"]),
    .library(name: "TelemetryExport", targets: ["TelemetryExport"]),
    .library(name: "VoiceSimulator", targets: ["VoiceSimulator"]),
    .library(name: "VoiceTesting", targets: ["VoiceTesting"]),
    .executable(name: "voice-server", targets: ["VoiceServer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: ["JSON", "YAML"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
  ],
  targets: [
    // System libraries, each with one owner: SessionStore, VoiceAuth and VoiceHTTP.
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    .target(
      name: "VoiceCore", dependencies: [nioCore, nioConcurrency, httpTypes, logging], resources: [.embedInCode("Resources")],
      swiftSettings: settings),
    .target(
      name: "VoiceAuth", dependencies: ["VoiceCore", "COpenSSL", httpTypes, logging, nioCore, nioConcurrency, lifecycle],
      swiftSettings: settings),
    .target(name: "RateLimiting", dependencies: ["VoiceCore", nioConcurrency], swiftSettings: settings),
    .target(
      name: "SessionStore",
      dependencies: ["VoiceCore", "RateLimiting", "CHiredis", nioCore, nioPosix, nioConcurrency, nioSSL, logging, lifecycle],
      swiftSettings: settings),
    .target(
      name: "RAGPrefetch", dependencies: ["VoiceCore", httpTypes, logging, nioCore, nioConcurrency], swiftSettings: settings),
    .target(
      name: "DocumentIndex",
      dependencies: ["VoiceCore", "RAGPrefetch", "CStemmer", httpTypes, logging, nioCore, nioConcurrency, lifecycle, grdb],
      swiftSettings: settings),
    .target(
      name: "VoiceTransport",
      dependencies: ["VoiceCore", nioCore, nioPosix, nioHTTP1, nioSSL, nioTLS, nioConcurrency, httpTypes, logging], swiftSettings: settings),
    .target(name: "VoiceHTTP", dependencies: ["VoiceCore", "CCurl", nioCore, nioConcurrency, httpTypes, logging], swiftSettings: settings),
    .target(
      name: "TelemetryExport",
      dependencies: ["VoiceCore", nioCore, nioPosix, nioConcurrency, httpTypes, logging, metrics, lifecycle], swiftSettings: settings),
    .target(
      name: "VoiceTelemetry",
      dependencies: [
        "VoiceCore", "TelemetryExport", httpTypes, nioCore, nioConcurrency, metrics, tracing,
        .product(name: "Instrumentation", package: "swift-distributed-tracing"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: settings),
    .target(
      name: "VoiceSimulator", dependencies: ["VoiceCore", "VoiceTransport", nioCore, nioPosix, nioConcurrency, httpTypes, lifecycle],
      swiftSettings: settings),
    .target(
      name: "VoiceTesting",
      dependencies: ["VoiceCore", "RateLimiting", "SessionStore", httpTypes, nioCore, nioEmbedded, nioConcurrency, logging],
      swiftSettings: settings),
    .target(
      name: "VoiceGateway",
      dependencies: [
        "VoiceCore", "VoiceAuth", "RateLimiting", "SessionStore", "VoiceTransport", nioCore, nioPosix, nioConcurrency, httpTypes, logging,
        lifecycle,
      ], swiftSettings: settings),
    .target(
      name: "VoiceHummingbird",
      dependencies: [
        "VoiceGateway", "VoiceTransport", "VoiceCore", nioCore, nioHTTP1, nioSSL, httpTypes, logging,
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "VoiceServer",
      dependencies: [
        "VoiceGateway", "VoiceHummingbird", "VoiceCore", "VoiceAuth", "RateLimiting", "SessionStore", "RAGPrefetch", "DocumentIndex",
        "VoiceTransport",
        "VoiceHTTP",
        "VoiceTelemetry", "TelemetryExport", "VoiceSimulator",
        nioCore, nioPosix, nioHTTP1, nioSSL, nioConcurrency, httpTypes, logging, lifecycle, metrics,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("Pages"), .embedInCode("Documents")],
      swiftSettings: settings),

    // Two small peers for the Autobahn|Testsuite.
    .executableTarget(
      name: "AutobahnServer", dependencies: ["VoiceCore", "VoiceTransport", nioCore, nioPosix, logging], path: "Tests/AutobahnServer",
      swiftSettings: settings),
    .executableTarget(
      name: "AutobahnClient", dependencies: ["VoiceCore", "VoiceTransport", nioCore, nioPosix, logging], path: "Tests/AutobahnClient",
      swiftSettings: settings),

    .testTarget(
      name: "VoiceCoreTests",
      dependencies: ["VoiceCore", "RAGPrefetch", "VoiceTesting", nioCore, nioConcurrency, nioEmbedded, httpTypes, logging],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceAuthTests", dependencies: ["VoiceAuth", "VoiceCore", "VoiceTesting", "COpenSSL", httpTypes, nioCore, logging],
      resources: [.copy("Vectors")], swiftSettings: settings),
    .testTarget(
      name: "RateLimitingTests", dependencies: ["RateLimiting", "VoiceCore", "VoiceTesting", nioConcurrency], swiftSettings: settings),
    // Real Redis servers and faults on the way to them, for the tests of two targets.
    .target(
      name: "RedisTesting", dependencies: [nioCore, nioPosix, nioConcurrency], path: "Tests/RedisTesting", swiftSettings: settings),
    .testTarget(
      name: "SessionStoreTests",
      dependencies: [
        "SessionStore", "RateLimiting", "VoiceCore", "VoiceTesting", "RedisTesting", nioCore, nioPosix, nioEmbedded, nioConcurrency, nioSSL,
        logging,
        lifecycle,
      ], swiftSettings: settings),
    .testTarget(
      name: "RAGPrefetchTests", dependencies: ["RAGPrefetch", "VoiceCore", "VoiceTesting", httpTypes, nioCore, nioConcurrency, logging],
      swiftSettings: settings),
    .testTarget(
      name: "DocumentIndexTests",
      dependencies: ["DocumentIndex", "RAGPrefetch", "VoiceCore", "VoiceTesting", httpTypes, nioCore, nioConcurrency, logging],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceTransportTests",
      dependencies: ["VoiceTransport", "VoiceCore", "VoiceTesting", nioCore, nioPosix, nioEmbedded, nioHTTP1, nioSSL, httpTypes, logging],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceHTTPTests",
      dependencies: ["VoiceHTTP", "VoiceCore", "VoiceTesting", httpTypes, nioCore, nioPosix, nioConcurrency, nioSSL],
      resources: [.copy("Certificates")],
      swiftSettings: settings),
    .testTarget(
      name: "TelemetryExportTests",
      dependencies: ["TelemetryExport", "VoiceCore", httpTypes, nioCore, nioConcurrency, logging, metrics, lifecycle],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceTelemetryTests", dependencies: ["VoiceTelemetry", "TelemetryExport", "VoiceCore", httpTypes, nioCore, nioConcurrency],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceTestingTests",
      dependencies: [
        "VoiceTesting", "VoiceCore", "VoiceAuth", "VoiceGateway", "VoiceSimulator", "RAGPrefetch", httpTypes, nioCore, nioEmbedded,
      ], swiftSettings: settings),
    .testTarget(
      name: "VoiceSimulatorTests",
      dependencies: ["VoiceSimulator", "VoiceCore", "VoiceTesting", httpTypes, nioCore, nioPosix, nioEmbedded, logging],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceGatewayTests",
      dependencies: [
        "VoiceGateway", "VoiceCore", "VoiceAuth", "RateLimiting", "SessionStore", "VoiceSimulator", "VoiceTesting", "VoiceTransport",
        httpTypes, nioCore, nioPosix, nioConcurrency, logging,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "VoiceServerTests",
      dependencies: [
        "VoiceServer", "VoiceGateway", "VoiceSimulator", "VoiceCore", "VoiceAuth", "RateLimiting", "SessionStore", "VoiceTelemetry",
        "TelemetryExport",
        nioCore,
        nioEmbedded, nioConcurrency, httpTypes, logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Hummingbird", package: "hummingbird"),
      ], swiftSettings: settings),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "VoiceServer", "VoiceGateway", "VoiceCore", "VoiceTransport", "VoiceSimulator", "VoiceAuth", "SessionStore", "VoiceTesting",
        "VoiceHTTP",
        "RedisTesting", "COpenSSL", nioCore, nioPosix, nioHTTP1, nioConcurrency, httpTypes, logging, lifecycle,
        .product(name: "Hummingbird", package: "hummingbird"),
      ], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// All libraries with their tests, and no server: what `make test-libraries` and the thread sanitizer build.
if Context.environment["VOICE_PACKAGE_PART"] == "libraries" {
  let server: Set = ["VoiceServer", "VoiceHummingbird", "VoiceServerTests"]
  package.targets.removeAll { server.contains($0.name) }
  package.products.removeAll { $0.name == "voice-server" || $0.name == "VoiceHummingbird" }
  for target in package.targets where target.name == "IntegrationTests" {
    target.exclude = ["Server"]
    target.dependencies = [
      "VoiceCore", "VoiceTransport", "VoiceSimulator", "VoiceTesting", nioCore, nioPosix, nioConcurrency, httpTypes, logging,
    ]
  }
}

// What `scripts/fuzz.sh` builds: the libraries that read a stranger's bytes, told to count where an input leads, and what feeds them.
if Context.environment["VOICE_PACKAGE_PART"] == "fuzz" {
  let fuzzed: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing", "-parse-as-library"])]
  let libraries: Set = ["VoiceCore", "VoiceTransport", "VoiceAuth"]
  package.products = []
  package.targets.removeAll { $0.name != "COpenSSL" && !libraries.contains($0.name) }
  for target in package.targets where libraries.contains(target.name) { target.swiftSettings = settings + fuzzed }
  for name in libraries.sorted() {
    package.targets.append(
      .target(
        name: name + "Fuzz", dependencies: libraries.sorted().map { .byName(name: $0) } + [nioCore, nioHTTP1, nioEmbedded, httpTypes],
        path: "Tests/\(name)Fuzz", swiftSettings: settings + fuzzed))
  }
}

// `VOICE_PACKAGE_TESTS=VoiceCoreTests,RAGPrefetchTests swift test` builds those test targets alone.
if let tests = Context.environment["VOICE_PACKAGE_TESTS"]?.split(separator: ",").map(String.init) {
  package.targets.removeAll { $0.type == .test && !tests.contains($0.name) }
}

// `VOICE_PACKAGE_DOCS=1 swift package generate-documentation`: the plugin and what it brings are no part of other builds.
if Context.environment["VOICE_PACKAGE_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.4.0"))
}
