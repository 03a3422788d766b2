import NIOCore

/// Identity of a session, and the time since which it runs.
struct SessionFacts {
  var context: SessionContext
  /// Nil before the client was admitted.
  private(set) var grant: SessionGrant?
  /// Time at which upstream was open for the first time.
  var startedAt: NIODeadline?
  /// The deadline that the newest token sets.
  var tokenExpiresAt: UnixTime?

  init(context: SessionContext) { self.context = context }

  /// Duration of the session before it went on here.
  var elapsedBefore: Duration { grant?.resumed?.elapsed ?? .zero }

  /// The caller of a question.
  var asker: RetrievalAsker? {
    grant.map { grant in
      var asker = grant.asker
      asker.session = context.id.description
      return asker
    }
  }

  mutating func admitted(_ grant: SessionGrant) {
    self.grant = grant
    context.userID = grant.userID
    context.plan = grant.plan
    if let model = grant.model { context.model = model }
    tokenExpiresAt = grant.tokenExpiresAt
    if let resumed = grant.resumed { context.id = resumed.id }
  }

  /// Another client of the same user goes on here: its grant counts, and the time that the session has lasted stays.
  mutating func returned(_ newer: SessionGrant) {
    var grant = newer
    grant.resumed?.elapsed = elapsedBefore
    self.grant = grant
    context.plan = grant.plan
  }
}
