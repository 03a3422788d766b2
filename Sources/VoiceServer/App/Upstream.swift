import VoiceCore
import VoiceTransport

/// How upstream is reached.
enum Upstream {
  /// Throws ``SettingsError`` when the certificate authorities do not load.
  static func connector(_ settings: Settings.Upstream) throws -> any RealtimeConnector {
    do { return NIORealtimeConnector(tls: try NIORealtimeConnector.tls(authoritiesFile: settings.certificateAuthoritiesFile)) } catch {
      throw SettingsError(["SSL_CERT_FILE: the certificate authorities do not load; expected a PEM file"])
    }
  }
}
