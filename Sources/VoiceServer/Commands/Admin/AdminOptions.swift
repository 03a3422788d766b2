import ArgumentParser
import Foundation
import VoiceCore

/// Options of the commands that ask a running gateway.
struct AdminOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The gateway's address; VOICE_URL where none is named, else http://127.0.0.1:8080.", valueName: "url"))
  var url: String?
  @Option(help: ArgumentHelp("A file with the admin token; VOICE_ADMIN_TOKEN where none is named.", valueName: "file"))
  var adminTokenFile: String?

  func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> AdminClient {
    let source = url == nil && environment["VOICE_URL"] != nil ? "VOICE_URL" : "--url"
    let address = url ?? environment["VOICE_URL"] ?? "http://127.0.0.1:8080"
    guard let base = AdminURL(address) else { throw Failure.line("\(source): expected http:// or https:// and a host") }
    var token = environment["VOICE_ADMIN_TOKEN"].flatMap { $0.isEmpty ? nil : Secret($0) }
    if let adminTokenFile {
      guard let text = FileText.read(adminTokenFile) else {
        throw Failure.line("--admin-token-file: \(FileText.fault(adminTokenFile) ?? adminTokenFile); expected the path of a readable file")
      }
      token = Secret(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return try AdminClient(base: base, source: source, token: token, authorities: environment["SSL_CERT_FILE"])
  }
}
