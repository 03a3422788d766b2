import ArgumentParser
import Foundation
import HTTPTypes
import Logging
import NIOCore
import Testing
import VoiceAuth
import VoiceCore

@testable import VoiceGateway
@testable import VoiceServer

@Suite final class SettingsTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("voice-settings-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func load(_ environment: [String: String], file: String? = nil, flags: [String: String] = [:]) async throws
    -> SettingsLoader.Outcome
  {
    try await SettingsLoader.load(SettingsSource(environment: environment, file: file, flags: flags))
  }

  private func problems(_ environment: [String: String]) async -> [String] {
    do {
      _ = try await load(environment)
      return []
    } catch {
      return (error as? SettingsError)?.problems ?? ["\(error)"]
    }
  }

  private func temporaryFile(_ name: String, _ text: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent(name).path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private struct NoClient: HTTPClient {
    func execute(_ request: HTTPRequest, body: ByteBuffer?, options: HTTPClientOptions) async throws -> HTTPClientResponse {
      throw HTTPClientError(.unreachable, "no network")
    }
  }

  /// Algorithms, the settings that give a key, and those that none serves.
  private static let served: [(String, String, String?)] = [
    ("RS256", "JWT_SECRET", "RS256"), ("ES256,HS256", "JWT_SECRET", "ES256"), ("HS512", "JWT_JWKS_URL", "HS512"),
    ("HS256", "JWT_SECRET", nil), ("RS256,EdDSA", "JWT_JWKS_URL", nil), ("HS256,RS256", "JWT_SECRET,JWT_JWKS_URL", nil),
    ("RS256", "", nil),
  ]

  @Test(arguments: served) func `an algorithm that no key serves stops the start`(algorithms: String, keys: String, missing: String?) throws
  {
    var auth = Settings.Auth()
    auth.algorithms = algorithms.split(separator: ",").map(String.init)
    if keys.contains("JWT_SECRET") { auth.secret = Secret(String(repeating: "s", count: 32)) }
    if keys.contains("JWT_JWKS_URL") { auth.keySetURL = "https://issuer.example/keys" }
    func verifier() throws {
      _ = try VerifierServices(auth, client: NoClient(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
    guard let missing else { return try verifier() }
    #expect { try verifier() } throws: { "\($0)".hasPrefix("JWT_ALGORITHMS: no key is given for \(missing); expected ") }
  }

  @Test func `a spend limit says that models without a known price have none, those of a star too`() {
    var settings = Settings()
    settings.limits.costPerDay = 1
    func line() -> String { StartupSummary.lines(settings, flags: FeatureFlags()).first { $0.hasPrefix("limits:") } ?? "" }
    #expect(!line().contains("not enforced"))
    settings.upstream.allowedModels = ["*"]
    #expect(line().hasSuffix("not enforced for models without a known price: any that VOICE_ALLOWED_MODELS=* lets in"))
  }

  @Test func `nothing set gives the documented defaults`() async throws {
    let settings = try await load([:]).settings
    #expect(settings.http.host == "127.0.0.1")
    #expect(settings.http.port == 8080)
    #expect(!settings.admission.enabled)
    #expect(settings.admission.allowedPlans == ["elite", "intelia"])
    #expect(settings.session.notices == [.seconds(60), .seconds(10)])
    #expect(settings.rag.maxWait == .milliseconds(200))
    #expect(settings.auth.userClaims == ["user_id", "sub"])
    #expect(!settings.redis.isEnabled)
  }

  @Test func `every setting has a name of its own, a help text and a default of its own kind`() {
    #expect(Set(Settings.table.map(\.name)).count == Settings.table.count)
    for setting in Settings.table {
      #expect(!setting.help.isEmpty, "\(setting.name)")
      guard let text = setting.defaultText, !text.contains(" ") || setting.name == "HOST", text != "the system's" else { continue }
      var settings = Settings()
      #expect(setting.apply(text, &settings), "\(setting.name) does not take its own default \(text)")
    }
  }

  @Test func `REDIS_CA takes a PEM text, one that a platform has flattened, and the path of a file`() async throws {
    let text = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
    let file = try temporaryFile("ca.pem", text)
    for value in [text, text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n"), file] {
      #expect(try await load(["REDIS_CA": value]).settings.redis.certificateAuthorities == text)
    }
    let empty = try temporaryFile("empty.pem", "no certificate")
    for value in [empty, "/no/such/file"] {
      #expect(await problems(["REDIS_CA": value]).first?.hasPrefix("REDIS_CA: got a text of") == true)
    }
  }

  @Test func `a flag beats the environment and the environment beats the file`() async throws {
    let file = try temporaryFile("settings.yaml", "PORT: 1111\nHOST: 10.0.0.1\nLOG_LEVEL: debug\n")
    let settings = try await load(["PORT": "2222", "HOST": "10.0.0.2"], file: file, flags: ["PORT": "3333"]).settings
    #expect(settings.http.port == 3333)
    #expect(settings.http.host == "10.0.0.2")
    #expect(settings.log.level == .debug)
  }

  @Test(arguments: [
    (
      "a.yaml",
      "PORT: 1111\nENABLE_VOICE_REALTIME: true\nJWT_SECRET: 0123456789abcdef0123456789abcdef\nVOICE_ALLOWED_PLANS: [pro, max]\nWEAVIATE_ALPHA: 0.25\n"
    ),
    (
      "a.json",
      #"{"PORT":1111,"ENABLE_VOICE_REALTIME":true,"JWT_SECRET":"0123456789abcdef0123456789abcdef","VOICE_ALLOWED_PLANS":["pro","max"],"WEAVIATE_ALPHA":0.25}"#
    ),
  ])
  func `a file may write numbers, booleans and lists as such`(name: String, text: String) async throws {
    let settings = try await load([:], file: try temporaryFile(name, text)).settings
    #expect(settings.http.port == 1111)
    #expect(settings.admission.enabled)
    #expect(settings.admission.allowedPlans == ["pro", "max"])
    #expect(settings.weaviate.alpha == 0.25)
  }

  @Test func `a name that a file has twice is an error that names it and quotes neither value`() async throws {
    let text = #"{"PORT": 1, "JWT_SECRET": "hunter2", "HOST": "::1", "JWT_SECRET": "hunter2", "\u0050ORT": 1, "JWT_SECRET": "hunter2"}"#
    let file = try temporaryFile("a.JSON", text)
    let error = await #expect(throws: SettingsError.self) { try await load([:], file: file) }
    #expect(
      error?.problems == [
        "JWT_SECRET: given more than once in \(file); expected one value", "PORT: given more than once in \(file); expected one value",
      ])
    let yaml = try temporaryFile("a.yaml", "PORT: 1\nJWT_SECRET: hunter2\nPORT: 2\n")
    let other = await #expect(throws: SettingsError.self) { try await load([:], file: yaml) }
    #expect(other?.description.contains("each name once") == true && other?.description.contains("hunter2") == false)
  }

  @Test func `a JSON file may begin with a byte order mark`() async throws {
    #expect(try await load([:], file: try temporaryFile("a.json", "\u{FEFF}{\"PORT\": 1111}")).settings.http.port == 1111)
  }

  @Test func `a file that is not well-formed is refused without a quotation`() async throws {
    let file = try temporaryFile("a.json", #"{"JWT_SECRET": "hunter2hunter2" "#)
    let error = await #expect(throws: SettingsError.self) { try await load([:], file: file) }
    #expect(error?.description.hasPrefix("--config: ") == true)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(arguments: [
    ("PORT", "80a", "PORT: got a text of 3 characters; expected a whole number from 0 to 65535"),
    ("PORT", "70000", "PORT: got the number 70000; expected a whole number from 0 to 65535"),
    ("PORT", " 80", "PORT: got a text of 3 characters; expected a whole number from 0 to 65535"),
    ("ENABLE_VOICE_REALTIME", "ja", "ENABLE_VOICE_REALTIME: got a text of 2 characters; expected true or false"),
    ("JWT_SECRET", "hunter2", "JWT_SECRET: got a text of 7 bytes; expected at least 32 bytes"),
    (
      "OPENAI_REALTIME_URL", "http://a/b",
      "OPENAI_REALTIME_URL: got a text of 10 characters; expected a comma list, each a URL that begins with wss:// or ws://, "
        + "names a host and has neither user nor #"
    ),
    (
      "VOICE_TRUSTED_PROXIES", "10.0.0.0/8,x",
      "VOICE_TRUSTED_PROXIES: got a list of 2; expected a comma list, each a CIDR block such as 10.0.0.0/8 or an address"
    ),
    ("WEAVIATE_ALPHA", "1.5", "WEAVIATE_ALPHA: got the number 1.5; expected a number from 0 to 1"),
    ("LOG_LEVEL", "loud", "LOG_LEVEL: got a text of 4 characters; expected one of trace, debug, info, notice, warning, error, critical"),
    ("RAG_MAX_WAIT_MS", "1e3", "RAG_MAX_WAIT_MS: got a text of 3 characters; expected milliseconds, a whole number from 0 to 60000"),
    ("TLS_CERT_FILE", "/nowhere", "TLS_CERT_FILE: got a text of 8 characters; expected the path of a readable file"),
  ])
  func `a wrong value is refused by one line that names the variable, its shape and what is expected`(
    name: String, value: String, line: String
  ) async {
    #expect(await problems([name: value]) == [line])
  }

  @Test func `no problem ever quotes a secret`() async {
    for setting in Settings.table where setting.isSecret {
      let canary = "hunter2 canary"
      for line in await problems([setting.name: canary]) { #expect(!line.contains("hunter2"), "\(line)") }
    }
  }

  @Test func `an empty value counts as not set, but an empty list of plans lets every plan in`() async throws {
    let settings = try await load(["PORT": "", "VOICE_ALLOWED_PLANS": "", "REDIS_URL": ""]).settings
    #expect(settings.http.port == 8080)
    #expect(settings.admission.allowedPlans.isEmpty)
    #expect(settings.redis.url == nil)
  }

  @Test func `settings that need each other are judged together`() async {
    #expect(await problems(["REDIS_ENABLED": "true"]) == ["REDIS_URL: not set; expected a URL, since REDIS_ENABLED is true"])
    #expect(await problems(["ENABLE_VOICE_REALTIME": "true"]).first?.hasPrefix("JWT_SECRET: not set") == true)
    #expect(await problems(["WEAVIATE_URL": "http://w:8080"]).first?.hasPrefix("WEAVIATE_COLLECTION: not set") == true)
  }

  @Test func `an unknown name with a prefix of ours is warned about with the nearest known name`() async throws {
    let warnings = try await load(["VOICE_MAX_SESSION_PER_HOUR": "5", "PATH": "/bin", "RAG_TOPK": "3"]).warnings
    #expect(
      warnings == [
        "RAG_TOPK is not a setting; did you mean RAG_TOP_K?",
        "VOICE_MAX_SESSION_PER_HOUR is not a setting; did you mean VOICE_MAX_SESSIONS_PER_HOUR?",
      ])
  }

  @Test func `variables that Kubernetes makes of a Service's name are no misspelt settings`() async throws {
    let service = [
      "VOICE_SERVER_SERVICE_HOST": "10.0.0.1", "VOICE_SERVER_SERVICE_PORT": "80", "VOICE_SERVER_SERVICE_PORT_HTTP": "80",
      "VOICE_SERVER_PORT": "tcp://10.0.0.1:80", "VOICE_SERVER_PORT_80_TCP": "tcp://10.0.0.1:80",
      "VOICE_SERVER_PORT_80_TCP_PROTO": "tcp", "VOICE_SERVER_PORT_80_TCP_PORT": "80", "VOICE_SERVER_PORT_80_TCP_ADDR": "10.0.0.1",
      "VOICE_PORT": "tcp://10.0.0.1:8080", "RAG_PORT_53_UDP_ADDR": "10.0.0.2",
    ]
    #expect(try await load(service).warnings.isEmpty)
    #expect(try await load(["VOICE_PORT": "8080"]).warnings == ["VOICE_PORT is not a setting; did you mean PORT?"])
    #expect(try await load(["VOICE_URL": "http://127.0.0.1:8080", "VOICE_TOKEN": "x"]).warnings.isEmpty)
  }

  @Test(arguments: ["\n", " ", "\r\n", "\t"])
  func `a blank at an end of a secret is warned about and not quoted`(blank: String) async throws {
    let outcome = try await load(["JWT_SECRET": String(repeating: "s", count: 40) + blank])
    #expect(outcome.warnings.count == 1)
    #expect(outcome.warnings[0].hasPrefix("JWT_SECRET ") && !outcome.warnings[0].contains("ssss"))
    #expect(try await load(["JWT_SECRET": String(repeating: "s", count: 40)]).warnings.isEmpty)
  }

  @Test(arguments: [
    ("redis://:a/b@h:6379", "%2F"), ("redis://user:@h", "no password"), ("redis://h/x", "database"), ("http://h", "scheme"),
  ])
  func `a Redis URL that cannot be used is explained by what is wrong with it`(url: String, hint: String) async {
    let error = await #expect(throws: SettingsError.self) { try await load(["REDIS_URL": url]) }
    #expect(error?.description.contains(hint) == true && error?.description.hasPrefix("REDIS_URL: ") == true)
  }

  @Test func `warn is a level as warning is`() async throws {
    #expect(try await load(["LOG_LEVEL": "warn"]).settings.log.level == .warning)
  }

  @Test func `an unknown name in a file is warned about whatever its prefix`() async throws {
    let file = try temporaryFile("a.yaml", "PROT: 80\n")
    #expect(try await load([:], file: file).warnings == ["PROT is not a setting; did you mean PORT?"])
  }

  @Test func `lists of Redis hosts and IPv6 hosts are URLs, two hosts of a plain one are not`() {
    #expect(ServiceURL.isValid("redis+sentinel://a:26379,b,c:1/mymaster", schemes: ["redis+sentinel"]))
    #expect(ServiceURL.isValid("redis://:p@ss@[::1]:6379/2", schemes: ["redis"], allowsUser: true))
    #expect(!ServiceURL.isValid("wss://user:pass@host/v1/realtime", schemes: ["wss"]))
    #expect(!ServiceURL.isValid("redis://a,b", schemes: ["redis"]))
    #expect(!ServiceURL.isValid("redis://a:0", schemes: ["redis"]))
    #expect(!ServiceURL.isValid("redis://", schemes: ["redis"]))
    #expect(!ServiceURL.isValid("wss://a b", schemes: ["wss"]))
  }

  @Test func `a file that cannot be read is named, with the reason`() async throws {
    let binary = try temporaryFile("binary", "x")
    try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: binary))
    #expect(FileText.fault("/no/such/file") == "/no/such/file is not there")
    #expect(FileText.fault("/tmp") == "/tmp is a folder")
    #expect(FileText.fault(binary) == "\(binary) is not UTF-8 text")
    let error = await #expect(throws: SettingsError.self) { try await load([:], file: "/no/such/file") }
    #expect(error?.problems == ["--config: /no/such/file is not there; expected the path of a readable file"])
  }

  @Test func `a folder of documents that is missing is said to be so, and a file is no folder`() async throws {
    #expect(
      await problems(["RAG_DOCUMENTS": "/no/such/folder"])
        == ["RAG_DOCUMENTS: the folder is missing; expected the path of a folder that is there"])
    let file = try temporaryFile("a.md", "x")
    #expect(
      await problems(["RAG_DOCUMENTS": file])
        == ["RAG_DOCUMENTS: names a file, not a folder; expected the path of a folder that is there"])
  }

  @Test func `a fault of a public key file names the file's setting, and no other`() async throws {
    let binary = try temporaryFile("binary.pem", "")
    try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: binary))
    #expect(
      await problems(["ENABLE_VOICE_REALTIME": "true", "JWT_PUBLIC_KEY_FILE": binary])
        == ["JWT_PUBLIC_KEY_FILE: the file is not UTF-8 text; expected a readable text file"])
    let text = try temporaryFile("text.pem", "no key")
    #expect(await problems(["JWT_PUBLIC_KEY_FILE": text]).first?.hasPrefix("JWT_PUBLIC_KEY_FILE: got") == true)
    let pem = "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n"
    for (environment, name) in [
      (["JWT_PUBLIC_KEY_FILE": try temporaryFile("private.pem", pem)], "JWT_PUBLIC_KEY_FILE"), (["JWT_PUBLIC_KEY": pem], "JWT_PUBLIC_KEY"),
    ] {
      let auth = try await load(environment).settings.auth
      let error = #expect(throws: SettingsError.self) {
        try VerifierServices(auth, client: UpstreamClients.httpClient(Settings()), logger: Logger(label: "test"))
      }
      #expect(error?.description.hasPrefix("\(name): cannot be used; a private key") == true)
    }
  }

  @Test func `who signs tokens is not told of keys that cannot sign`() async throws {
    var source = SettingsSource(environment: ["ENABLE_VOICE_REALTIME": "true", "VOICE_FLAGS_FILE": "/no/such/file"])
    await #expect(throws: SettingsError.self) { try await SettingsLoader.load(source) }
    TokenCommand.leaveKeysToSigner(&source)
    #expect(try await SettingsLoader.load(source).settings.auth.secret == nil)
  }

  @Test func `a lifetime is a number of seconds unless it has a unit`() {
    #expect(TokenCommand.Lifetime(argument: "5") == TokenCommand.Lifetime(.seconds(5)))
    #expect(TokenCommand.Lifetime(argument: "15m") == TokenCommand.Lifetime(.seconds(900)))
    #expect(TokenCommand.helpMessage(columns: 200).contains("a number of seconds, or a number with s, m, h or d"))
  }

  @Test func `the nearest name counts a swap of neighbours as one edit`() {
    #expect(ClosestMatch.distance("PORT", "PROT") == 1)
    #expect(ClosestMatch.distance("", "abc") == 3)
    #expect(ClosestMatch.distance("kitten", "sitting") == 3)
  }
}
