import VoiceCore

/// A name that stands for a user outside of this house: the same for the same user, and nothing of the user's own in it.
///
/// Made by ``UserPseudonyms`` alone, so that an exporter cannot be given anything else.
public struct UserPseudonym: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  fileprivate init(_ description: String) { self.description = description }
}

/// Makes pseudonyms of user ids: a hash with a key, since an id may be an e-mail address, a phone number or a name, and a hash without a
/// key is undone by trying all of these.
public struct UserPseudonyms: Sendable {
  private let key: [UInt8]

  /// - Parameter secret: keeps the pseudonyms the same on all instances that share it, and from being guessed by others.
  public init(secret: some Sequence<UInt8>) {
    key = SHA256.authenticationCode(of: Array("user pseudonyms".utf8), key: Array(secret))
  }

  /// Creates pseudonyms with a key that lives as long as the process: a user has another one on each instance.
  public static func ephemeral() -> UserPseudonyms {
    var generator = SystemRandomNumberGenerator()
    return UserPseudonyms(secret: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// `user_` and 16 hexadecimal digits.
  public func pseudonym(of user: String) -> UserPseudonym {
    let code = SHA256.authenticationCode(of: Array(user.utf8), key: key)
    return UserPseudonym("user_" + code.prefix(8).hexadecimal)
  }

  /// A text in which the pseudonym stands for the user's id, wherever that is in it.
  public func replacing(_ user: String, in text: String) -> String {
    // A very short id stands in many words that are not about the user.
    guard user.utf8.count > 2, text.utf8.count >= user.utf8.count else { return text }
    return text.replacing(user, with: pseudonym(of: user).description)
  }
}
