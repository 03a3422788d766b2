import VoiceCore

extension KeySet {
  private static let maxKeys = 100

  /// Reads a JWK set (RFC 7517 section 5). A key without `alg` is bound to what its type and curve can serve of
  /// `algorithms`. Keys that cannot verify, or that are private or shared, are left out, each with a warning; a set may be empty. Throws
  /// ``VoiceAuthError/Code/invalidKeySet`` where it is no set.
  public init(jwkSet json: [UInt8], algorithms: Set<JWTAlgorithm> = .all) throws(VoiceAuthError) {
    let set: JSONObject
    do throws(JSONParser.Fault) {
      set = try JSONParser.parseObject(json)
    } catch {
      throw VoiceAuthError(.invalidKeySet, error.message)
    }
    guard let entries = set["keys"]?.array else { throw VoiceAuthError(.invalidKeySet, "no array of keys") }
    guard entries.count <= Self.maxKeys else { throw VoiceAuthError(.invalidKeySet, "more than \(Self.maxKeys) keys") }
    var keys: [VerificationKey] = []
    var warnings: [String] = []
    for (index, entry) in entries.enumerated() {
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
