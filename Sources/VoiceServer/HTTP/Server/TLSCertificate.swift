import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOSSL
import ServiceLifecycle

/// The server's certificate and key, read again when their files change. What is broken is logged, and the last good
/// pair goes on serving.
final class TLSCertificate: Service, Sendable {
  private let certificateFile: String
  private let keyFile: String
  private let checkInterval: Duration
  private let logger: Logger
  private let state: NIOLockedValueBox<State>

  private struct State {
    var context: NIOSSLContext
    /// The files' contents, nil where a file cannot be read.
    var seen: [Data?] = []
    var isBroken = false
  }

  var context: NIOSSLContext { state.withLockedValue { $0.context } }

  /// Nil where the settings want none. Throws ``SettingsError`` when the pair cannot be used.
  convenience init?(_ settings: Settings.HTTP, logger: Logger) throws {
    guard let certificateFile = settings.tlsCertificateFile, let keyFile = settings.tlsKeyFile else { return nil }
    try self.init(certificateFile: certificateFile, keyFile: keyFile, logger: logger)
  }

  /// Throws ``SettingsError`` when the pair cannot be used.
  init(certificateFile: String, keyFile: String, checkInterval: Duration = .seconds(2), logger: Logger) throws {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.checkInterval = checkInterval
    self.logger = logger
    let contents = Self.contents(of: [certificateFile, keyFile])
    do { state = NIOLockedValueBox(State(context: try Self.load(contents), seen: contents)) } catch {
      throw SettingsError(["TLS_CERT_FILE: the certificate and the key do not load; expected PEM files that belong together"])
    }
  }

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: self.checkInterval)
        self.look()
      }
    }
  }

  /// Reads the files where they changed. A pair that does not load is tried again until it does, and complained about once.
  func look() {
    let contents = Self.contents(of: [certificateFile, keyFile])
    guard state.withLockedValue({ $0.seen != contents || $0.isBroken }) else { return }
    do {
      let context = try Self.load(contents)
      state.withLockedValue { $0 = State(context: context, seen: contents) }
      logger.notice("TLS certificate read again")
    } catch {
      let isNews = state.withLockedValue { state in
        defer { (state.seen, state.isBroken) = (contents, true) }
        return !state.isBroken
      }
      if isNews { logger.error("TLS certificate or key cannot be used, the last good pair goes on", metadata: ["error": "\(error)"]) }
    }
  }

  /// Current content of the files. Their dates do not suffice: a mounted secret is a link whose target is swapped.
  private static func contents(of files: [String]) -> [Data?] { files.map { FileManager.default.contents(atPath: $0) } }

  private struct Unreadable: Error {}

  /// Takes the certificate's file and the key's, which have to belong together.
  private static func load(_ contents: [Data?]) throws -> NIOSSLContext {
    guard let certificate = contents[0], let keyBytes = contents[1] else { throw Unreadable() }
    let certificates = try NIOSSLCertificate.fromPEMBytes(Array(certificate))
    let key = try NIOSSLPrivateKey(bytes: Array(keyBytes), format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    return try NIOSSLContext(configuration: configuration)
  }
}
