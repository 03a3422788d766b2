/// A key, key set or setting that cannot be used. A token that is refused is a value, not an error.
public struct VoiceAuthError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Code of an error. An open set: others may follow.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// Creates a code of this text.
    public init(_ name: String) { description = name }
    /// A key that cannot be read or is too weak.
    public static let invalidKey = Code("invalid_key")
    /// A JWK set that cannot be read or holds no usable key.
    public static let invalidKeySet = Code("invalid_key_set")
    /// A setting that contradicts another or has no meaning.
    public static let invalidSetting = Code("invalid_setting")
    /// A file of flags that cannot be read.
    public static let invalidFlags = Code("invalid_flags")
    /// A key set that could not be fetched.
    public static let fetchFailed = Code("fetch_failed")
  }
  /// Code of the error.
  public var code: Code
  /// Says what is wrong and holds no part of a secret.
  public var message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
