/// An item of the conversation as an answer needs it: who said what.
struct ContextItem: Equatable {
  enum Speaker: Equatable {
    case system, user, assistant
    /// A function call of the assistant's, and what came of it.
    case call, callOutput
  }
  var speaker: Speaker
  var text: String
}
