import ArgumentParser
import Foundation
import HTTPTypes
import NIOCore
import VoiceCore
import VoiceHTTP

/// `voice-server probe`: asks the server that runs with the same settings for one route, for containers without curl.
struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Ask a running server for a route; exit 0 if it answers 200.",
    discussion:
      "The server is found by HOST, PORT and TLS_CERT_FILE, or by --url. In a Dockerfile: HEALTHCHECK CMD voice-server probe /livez.")

  @Argument(help: "Route to ask for.") var path = "/readyz"
  @Option(help: ArgumentHelp("Server to ask.", valueName: "url")) var url: String?
  @Option(help: ArgumentHelp("Longest wait for the answer, in seconds.", valueName: "seconds")) var timeout = 2.0
  @OptionGroup var options: SettingsOptions

  func validate() throws {
    guard path.hasPrefix("/") else { throw ValidationError("Expected a path such as /readyz") }
    guard (0.1...60).contains(timeout) else { throw ValidationError("Expected --timeout from 0.1 to 60 seconds") }
  }

  func run() async throws {
    let base: String
    if let url { base = url } else { base = Self.address(of: try await options.load().settings.http) }
    guard let target = URLComponents(string: base), let scheme = target.scheme, let host = target.host else {
      throw ValidationError("Expected --url such as http://127.0.0.1:8080")
    }
    guard ["", "/"].contains(target.path) else {
      throw ValidationError("Expected --url without a path; the route stands for itself: voice-server probe /readyz --url http://HOST")
    }
    let authority = URLHost.bracketed(host) + (target.port.map { ":\($0)" } ?? "")
    // This machine is asked directly, whatever proxy other requests take.
    setenv("no_proxy", "*", 1)
    let request = HTTPRequest(method: .get, scheme: scheme, authority: authority, path: path)
    let client = try CurlHTTPClient()
    do {
      let answer = try await client.execute(
        request, body: nil, options: HTTPClientOptions(timeout: .milliseconds(Int64(timeout * 1_000))))
      Console.print(String(buffer: answer.body).trimmingCharacters(in: .whitespacesAndNewlines))
      if answer.head.status != .ok { throw ExitCode.failure }
    } catch let error as HTTPClientError {
      let source = url == nil ? "the server's HOST, PORT and TLS_CERT_FILE" : "--url"
      let fault = await ServerFault.words(for: error, scheme: scheme, authority: authority, source: source, client: client)
      throw Failure.line("\(base)\(path) does not answer: \(fault)")
    }
  }

  /// A server that listens on every address is asked on the loopback.
  static func address(of http: Settings.HTTP) -> String {
    var local = http
    switch http.host {
    case "0.0.0.0": local.host = "127.0.0.1"
    case "::", "[::]": local.host = "::1"
    default: break
    }
    return local.url(port: http.port)
  }
}
