/// The caller that a question is asked for, as far as a retriever sees it: no user id, no e-mail address and no token.
public struct RetrievalAsker: Sendable, Hashable {
  /// A pseudonym: the same for the same user, and nothing of the user's own in it.
  public var user: String?
  /// Plan that the token names.
  public var plan: String?
  /// Tenant that the token names: documents of others are not this caller's.
  public var tenant: String?
  /// The session's id.
  public var session: String?

  /// Creates an asker.
  public init(user: String? = nil, plan: String? = nil, tenant: String? = nil, session: String? = nil) {
    self.user = user
    self.plan = plan
    self.tenant = tenant
    self.session = session
  }
}
