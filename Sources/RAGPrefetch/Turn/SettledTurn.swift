import NIOCore
import VoiceCore

/// The turn that was settled last, as far as it is remembered: its subject, and its words, which may come again late.
struct SettledTurn: Equatable {
  /// Late words of a recogniser come within this long.
  private static let lateness = TimeAmount.seconds(3)

  private(set) var question = Question("")
  /// The last question that said by itself what it was about.
  private(set) var subject: Question?
  private var isWordless = false
  private var settledAt: NIODeadline?

  mutating func settled(_ question: Question, isWordless: Bool, at now: NIODeadline) {
    if !question.contentWords.isEmpty, subject == nil || !FollowUp.isOne(question.text) { subject = question }
    self.question = question
    self.isWordless = isWordless
    settledAt = now
  }

  /// The question with the subject that it leaves out: "and for phones?" is about what was asked before.
  func completing(_ question: Question, in language: Languages?) -> Question {
    guard let subject, FollowUp.isOne(question.text) else { return question }
    return Question("\(subject.text) \(question.text)", in: language)
  }

  /// True where words of the client's, heard while no turn is open, are this turn's: its last ones, or the same again.
  func isEcho(_ words: HeardWords, at now: NIODeadline) -> Bool {
    guard words.source == .client, let settledAt, now - settledAt < Self.lateness else { return false }
    if words.kind == .final || isWordless { return true }
    let said = Question(words.text)
    return said.contentWords.isEmpty || said.overlap(with: question.contentWords) >= 0.5
  }

  /// True where the client's final words, heard in a turn where `text` was heard so far, are this turn's and not that one's.
  func isRepeat(_ words: HeardWords, after text: String, at now: NIODeadline) -> Bool {
    guard words.source == .client, words.kind == .final, let settledAt, now - settledAt < Self.lateness else { return false }
    if isWordless { return text.isEmpty }
    let said = Question.words(of: words.text)
    return said == Question.words(of: question.text) && said != Question.words(of: text)
  }
}
