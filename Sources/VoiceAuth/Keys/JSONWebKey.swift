import VoiceCore

/// A JSON Web Key (RFC 7517 section 4) that can verify signatures.
struct JSONWebKey {
  /// Reason for leaving out a key.
  struct Refusal: Error, Equatable {
    var message: String
  }

  /// Members that only a private or shared key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
  private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

  let id: String?
  /// The one algorithm that the key is bound to, where it says so.
  let algorithm: JWTAlgorithm?
  let subjectPublicKeyInfo: [UInt8]

  /// A member that is null counts as absent: some issuers write all that a key could have.
  init(_ members: JSONObject) throws(Refusal) {
    var members = members
    for member in members.members where member.value == .null { members[member.name] = nil }
    guard !Self.privateMembers.contains(where: { members[$0] != nil }) else { throw Refusal(message: "it is private or shared") }
    try Self.judgePurpose(members)
    algorithm = try Self.algorithm(of: members)
    id = try members["kid"].map { (value) throws(Refusal) in try Self.string(value, "kid") }
    subjectPublicKeyInfo = try Self.material(of: members)
  }

  /// `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3): each of them, where it is there, has to allow verifying.
  private static func judgePurpose(_ members: JSONObject) throws(Refusal) {
    if let use = members["use"] {
      guard try string(use, "use").hasSameBytes(as: "sig") else { throw Refusal(message: "its use is not sig") }
    }
    if let value = members["key_ops"] {
      guard let operations = value.strings else { throw Refusal(message: "its key_ops is no array of strings") }
      guard operations.contains(where: { $0.hasSameBytes(as: "verify") }) else { throw Refusal(message: "its key_ops has no verify") }
    }
  }

  private static func algorithm(of members: JSONObject) throws(Refusal) -> JWTAlgorithm? {
    guard let value = members["alg"] else { return nil }
    let name = try string(value, "alg")
    guard let algorithm = JWTAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else {
      throw Refusal(message: "its alg is none that is used here")
    }
    return algorithm
  }

  private static func material(of members: JSONObject) throws(Refusal) -> [UInt8] {
    switch members["kty"]?.string {
    case "RSA":
      return SubjectPublicKeyInfo.rsa(modulus: try bytes("n", of: members), exponent: try bytes("e", of: members))
    case "EC":
      guard let name = members["crv"]?.string, let curve = EllipticCurve(rawValue: name) else {
        throw Refusal(message: "its curve is none that is used here")
      }
      let (x, y) = (try bytes("x", of: members), try bytes("y", of: members))
      // The size is the curve's, zeros included (RFC 7518 section 6.2.1.2).
      guard x.count == curve.byteCount, y.count == curve.byteCount else { throw Refusal(message: "a coordinate of another size") }
      return SubjectPublicKeyInfo.ellipticCurve(curve, x: x, y: y)
    case "OKP":
      guard members["crv"]?.string == "Ed25519" else { throw Refusal(message: "its curve is none that is used here") }
      let x = try bytes("x", of: members)
      guard x.count == 32 else { throw Refusal(message: "a coordinate of another size") }
      return SubjectPublicKeyInfo.ed25519(x)
    default: throw Refusal(message: "its type is none that is used here")
    }
  }

  private static func bytes(_ name: String, of members: JSONObject) throws(Refusal) -> [UInt8] {
    guard let text = members[name]?.string, let bytes = Base64URL.decode(Array(text.utf8)), !bytes.isEmpty else {
      throw Refusal(message: "its \(name) is not base64url")
    }
    return bytes
  }

  private static func string(_ value: JSONValue, _ name: String) throws(Refusal) -> String {
    guard let text = value.string else { throw Refusal(message: "its \(name) is no string") }
    return text
  }
}
