extension KeySet {
  private static let maxKeys = 100

  /// Reads a JWK set (RFC 7517 section 5). A key without `alg` is bound to what its type and curve can serve of
  /// `algorithms`. Keys that cannot verify, that are private or shared, or whose name is taken twice are left out, each with
  /// a warning. Throws ``VoiceAuthError/Code/invalidKeySet`` where nothing is left.
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
    // Of two keys with one name none can be told to be the right one.
    let names = keys.compactMap { $0.id.map { Array($0.utf8) } }
    let repeated = Set(names.filter { name in names.count { $0 == name } > 1 })
    if !repeated.isEmpty {
      warnings.append("\(repeated.count) name(s) that more than one key of the set has: those keys are left out")
      keys.removeAll { key in key.id.map { repeated.contains(Array($0.utf8)) } ?? false }
    }
    guard !keys.isEmpty else { throw VoiceAuthError(.invalidKeySet, "no key that can be used") }
    try self.init(keys, warnings: warnings)
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
