/// Words attributed to the user while speech is detected: audio is not recognised, so they are the script's.
struct UserSpeech {
  /// The id of the item that will be.
  var item: String
  /// The script's line.
  var turn: SimulatorTurn?
  /// Words, each with the space before it.
  var words: [String]
  /// Number of words transcribed so far.
  var said = 0
  /// Start on the audio clock, padding included.
  var startMilliseconds: Int
  /// Speech before the last pause that did not end the turn, and after it.
  var earlierMilliseconds = 0
  var spokenMilliseconds = 0

  var text: String { words.joined() }

  /// Returns a built-in sentence, used without a script.
  static func sentence(_ number: Int) -> String { sentences[number % sentences.count] }

  private static let sentences = [
    "What is the refund policy for opened items?", "How long does shipping to another country usually take?",
    "Can I change the delivery address after I have ordered?", "What does the warranty cover, and for how long?",
    "When is your support team available on the weekend?", "How do I reset the password of my account?",
  ]
}
