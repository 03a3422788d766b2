public import VoiceCore

extension JWTVerifier {
  /// A verifier of HS256, HS384 and HS512 tokens.
  ///
  /// - Parameter secret: at least 32 bytes.
  /// - Parameter configuration: settings.
  /// - Parameter now: clock of the store.
  /// - Throws: ``VoiceAuthError`` for a shorter one.
  public init(
    secret: Secret, configuration: Configuration = Configuration(), now: @escaping @Sendable () -> UnixTime = UnixTime.now
  ) throws(VoiceAuthError) {
    self.init(keys: StaticKeys(try KeySet([VerificationKey(secret: secret)])), configuration: configuration, now: now)
  }
}
