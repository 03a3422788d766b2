/// A key, key set or setting that cannot be used. A token that is refused is a value, not an error.
public struct VoiceAuthError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ name: String) { description = name }
    public static let invalidKey = Code("invalid_key")
    public static let invalidKeySet = Code("invalid_key_set")
    public static let invalidSetting = Code("invalid_setting")
    public static let invalidFlags = Code("invalid_flags")
    public static let invalidRequest = Code("invalid_request")
    public static let fetchFailed = Code("fetch_failed")
  }
  public var code: Code
  /// Says what is wrong and holds no part of a secret.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
