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
  private let current: NIOLockedValueBox<NIOSSLContext>

  var context: NIOSSLContext { current.withLockedValue { $0 } }

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
    do { current = NIOLockedValueBox(try Self.load(certificateFile, keyFile)) } catch {
      throw SettingsError(["TLS_CERT_FILE: the certificate and the key do not load; expected PEM files that belong together"])
    }
  }

  func run() async throws {
    var seen = stamp()
    while (try? await cancelWhenGracefulShutdown({ try await Task.sleep(for: self.checkInterval) })) != nil, !Task.isShuttingDownGracefully
    {
      let stamp = stamp()
      guard stamp != seen else { continue }
      do {
        let context = try Self.load(certificateFile, keyFile)
        current.withLockedValue { $0 = context }
        logger.notice("TLS certificate read again")
        seen = stamp
      } catch {
        // Of two files one comes first: the pair is tried again until it fits, and is complained about once.
        if seen != nil {
          logger.error("TLS certificate or key cannot be used, the last good pair goes on", metadata: ["error": "\(error)"])
        }
        seen = nil
      }
    }
  }

  /// Changes when either file does.
  private func stamp() -> [String]? {
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
