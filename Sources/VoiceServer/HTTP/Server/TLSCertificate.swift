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
    var seen: [String] = []
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
    do { state = NIOLockedValueBox(State(context: try Self.load(certificateFile, keyFile))) } catch {
      throw SettingsError(["TLS_CERT_FILE: the certificate and the key do not load; expected PEM files that belong together"])
    }
    let stamp = stamp()
    state.withLockedValue { $0.seen = stamp }
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
    let stamp = stamp()
    guard state.withLockedValue({ $0.seen != stamp || $0.isBroken }) else { return }
    do {
      let context = try Self.load(certificateFile, keyFile)
      state.withLockedValue { $0 = State(context: context, seen: stamp) }
      logger.notice("TLS certificate read again")
    } catch {
      let isNews = state.withLockedValue { state in
        defer { (state.seen, state.isBroken) = (stamp, true) }
        return !state.isBroken
      }
      if isNews { logger.error("TLS certificate or key cannot be used, the last good pair goes on", metadata: ["error": "\(error)"]) }
    }
  }

  /// Changes when either file does.
  private func stamp() -> [String] {
    [certificateFile, keyFile].map { path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      let modified = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(modified) \(attributes?[.size] ?? 0) \(attributes?[.systemFileNumber] ?? 0)"
    }
  }

  private static func load(_ certificateFile: String, _ keyFile: String) throws -> NIOSSLContext {
    let certificates = try NIOSSLCertificate.fromPEMFile(certificateFile)
    let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    return try NIOSSLContext(configuration: configuration)
  }
}
