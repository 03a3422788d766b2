import VoiceCore

extension KeySet {
  /// Keys that are taken, the first of the set, and keys without use that are looked at.
  private static let (maxKeys, maxLeftOut) = (100, 1_000)

  /// Reads a JWK set (RFC 7517 section 5). A key without `alg` is bound to what its type and curve can serve of
  /// `algorithms`. Keys that cannot verify, or that are private or shared, are left out, each with a warning; a set may be empty. Throws
  /// ``VoiceAuthError/Code/invalidKeySet`` where it is no set.
  public init(jwkSet json: [UInt8], algorithms: Set<JWTAlgorithm> = .all) throws(VoiceAuthError) {
    let text: JSONValue
    do throws(JSONParser.Fault) {
      text = try JSONParser.parse(json, limits: .init(takesRepeated: true))
    } catch {
      throw VoiceAuthError(.invalidKeySet, error.message)
    }
    guard let set = text.object else { throw VoiceAuthError(.invalidKeySet, "not an object") }
    guard !set.repeatsMember else { throw VoiceAuthError(.invalidKeySet, "a duplicate member") }
    guard let entries = set["keys"]?.array else { throw VoiceAuthError(.invalidKeySet, "no array of keys") }
    var keys: [VerificationKey] = []
    var warnings: [String] = []
    for (index, entry) in entries.enumerated() {
      guard keys.count < Self.maxKeys, warnings.count < Self.maxLeftOut else {
        warnings.append("the set has \(entries.count) keys: those behind key \(index) are left out")
        break
      }
      do throws(VoiceAuthError) {
        keys.append(try VerificationKey(jwk: entry, algorithms: algorithms))
      } catch {
        warnings.append("key \(index + 1) of the set is left out: \(error.message)")
      }
    }
    // An issuer that publishes nothing of use has withdrawn its keys.
    if keys.isEmpty { warnings.append("the key set has no key that can be used: tokens that need one are refused") }
    self.init(keys, warnings: warnings)
  }
}

extension VerificationKey {
  /// Reads one JWK. Throws ``VoiceAuthError/Code/invalidKey``.
  convenience init(jwk: JSONValue, algorithms: Set<JWTAlgorithm>) throws(VoiceAuthError) {
    guard let members = jwk.object else { throw VoiceAuthError(.invalidKey, "it is no object") }
    guard !jwk.repeatsMember else { throw VoiceAuthError(.invalidKey, "it has a duplicate member") }
    let key: JSONWebKey
    do throws(JSONWebKey.Refusal) {
      key = try JSONWebKey(members)
    } catch {
      throw VoiceAuthError(.invalidKey, error.message)
    }
    let bound = key.algorithm.map { algorithms.intersection([$0]) } ?? algorithms
    try self.init(subjectPublicKeyInfo: key.subjectPublicKeyInfo, id: key.id, algorithms: bound)
  }
}
