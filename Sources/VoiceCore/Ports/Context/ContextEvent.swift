/// An event of a session that a ``ContextPrefetcher`` goes by.
///
/// Items are named by upstream's ids.
public enum ContextEvent: Sendable, Equatable {
  /// The user began to speak; `item` will hold the audio.
  case speechStarted(item: String?)
  /// The user stopped speaking; the item is nil where it is not known.
  case speechStopped(item: String?)
  /// A recogniser said more of what the user says. It may be said before the speech is announced, and after the turn is settled.
  case heard(HeardWords)
  /// The client ends its turn itself: `input_audio_buffer.commit` is on its way upstream.
  case commitRequested
  /// Upstream refused an event, which may be the client's commit.
  case commitRefused
  /// The user's audio became an item. `isHeld`: the gateway asks for its answer once the item is settled; else the client asks.
  case committed(item: String, isHeld: Bool)
  /// The client wrote a user's message into the conversation; `item` is the id that it gave it.
  case typed(item: String?, text: String)
  /// The client wrote an assistant's message into the conversation: what was typed before it is history.
  case answerWritten
  /// The client asks for an answer to the conversation, and its request has not gone upstream yet: ``ContextAction/hold`` keeps it back.
  case answerAsked
  /// The answer that is held, or that the client asked for, is not wanted any more: there is nothing to settle.
  case answerCancelled
  /// Upstream began an answer to the conversation, requested by either side: nothing is held any more.
  case answerBegan
  /// The answer ended, whatever its status.
  case answerEnded
  /// The context item of ``ContextAction/inject(id:text:)`` is not there any more: refused, or deleted by upstream.
  case contextLost(id: Int)
  /// Another connection took upstream's place: no context item stands there.
  case upstreamReplaced
  /// The session declares the language that is spoken, by its ISO 639-1 code, or declares none.
  case languageDeclared(String?)
  /// A part of the sources has found these passages; ``retrieved(id:_:)`` follows, and supersedes them.
  case retrievedEarly(id: Int, [Passage])
  /// The answer to ``ContextAction/ask(id:_:)``, if it was not cancelled; an empty array: nothing was found.
  case retrieved(id: Int, Result<[Passage], RetrievalError>)
  /// ``ContextPrefetcher/nextDeadline`` is reached.
  case deadlinePassed
}
