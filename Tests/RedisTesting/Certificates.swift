package import Foundation

/// An authority, a certificate of its, and an authority that has nothing to do with it, made by openssl.
package struct Certificates {
  package let directory: URL
  package var authority: String { path("ca.pem") }
  package var otherAuthority: String { path("other.pem") }
  package var certificate: String { path("server.pem") }
  package var key: String { path("server.key") }

  package init(names: String) async throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    for name in ["ca", "other"] {
      try await openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test \(name)",
        "-keyout", path("\(name).key"), "-out", path("\(name).pem"))
    }
    try await openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test server", "-keyout", key, "-out",
      path("server.csr"))
    try Data("subjectAltName=\(names)\n".utf8).write(to: directory.appendingPathComponent("names"))
    try await openssl(
      "x509", "-req", "-in", path("server.csr"), "-CA", authority, "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
      path("names"), "-out", certificate)
  }

  package func remove() { try? FileManager.default.removeItem(at: directory) }

  private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  private func openssl(_ arguments: String...) async throws {
    let output = try await Program.run("openssl", arguments)
    let file = arguments[arguments.firstIndex(of: "-out")! + 1]
    guard FileManager.default.fileExists(atPath: file) else { throw Program.Failure(description: "openssl \(arguments[0]): \(output)") }
  }
}
