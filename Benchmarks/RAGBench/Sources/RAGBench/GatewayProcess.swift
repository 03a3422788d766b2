import Foundation

/// `voice-server run` as it is delivered, with the settings of one design.
struct GatewayProcess {
  struct Failure: Error { var detail: String }

  static let secret = "0123456789abcdef0123456789abcdef"
  let process: Process
  let port: Int
  let token: String

  static func start(_ binary: String, upstream: Int, retriever: Int, settings: [String: String]) throws -> GatewayProcess {
    var environment = [
      "ENABLE_VOICE_REALTIME": "true", "JWT_SECRET": secret, "PORT": "0", "LOG_FORMAT": "text", "OPENAI_API_KEY": "k",
      "OPENAI_REALTIME_URL": "ws://127.0.0.1:\(upstream)/v1/realtime", "RAG_HTTP_URL": "http://127.0.0.1:\(retriever)/search",
      "VOICE_ALLOWED_MODELS": "*", "VOICE_MAX_SESSIONS_PER_HOUR": "0", "VOICE_MAX_CONCURRENT_SESSIONS": "0",
      "VOICE_MAX_CONNECTIONS_PER_IP": "10000",
    ]
    environment.merge(settings) { $1 }
    let process = Process()
    process.executableURL = URL(filePath: binary)
    process.arguments = ["run"]
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var text = ""
    while true {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw Failure(detail: "the gateway did not start: \(text)") }
      text += String(decoding: bytes, as: UTF8.self)
      if let match = text.firstMatch(of: /listening on http:\/\/127\.0\.0\.1:([0-9]+)/), let port = Int(match.1) {
        // Nobody reads on: a full pipe must not stop it.
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        return GatewayProcess(process: process, port: port, token: try mint(binary))
      }
    }
  }

  private static func mint(_ binary: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: binary)
    process.arguments = ["token", "--user", "bench", "--plan", "elite"]
    process.environment = ["JWT_SECRET": secret]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}
