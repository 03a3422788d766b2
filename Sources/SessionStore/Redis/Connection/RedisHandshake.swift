import VoiceCore

/// Handshake of a connection: its commands, and the meaning of each reply.
struct RedisHandshake: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case authenticate(RedisURL.Credentials)
    case name(String)
    case select(Int)
    /// Ends the handshake unless the server is a master: sentinels may name one that is none any more.
    case requireMaster
  }

  enum Verdict: Equatable {
    case accepted
    case refused(Refusal)
  }

  enum Refusal: Equatable {
    /// A password is missing or wrong: said once and clearly, since trying again does not help.
    case authentication(RedisErrorReply)
    /// Anything else that trying again does not help with.
    case configuration(RedisErrorReply)
    case isNoMaster
    case notYet(RedisErrorReply)
    case unexpectedReply
  }

  var steps: [Step]
  /// A sentinel that wants no password, or knows no such user, is spoken to without.
  var toleratesNeedlessPassword = false

  init(steps: [Step], toleratesNeedlessPassword: Bool = false) {
    self.steps = steps
    self.toleratesNeedlessPassword = toleratesNeedlessPassword
  }

  func command(for step: Step) -> RedisCommand {
    switch step {
    case .authenticate(let credentials):
      let password = RedisArgument.text(credentials.password.expose())
      return RedisCommand("AUTH", arguments: (credentials.user.map { [.text($0)] } ?? []) + [password])
    case .name(let name): return RedisCommand("CLIENT", "SETNAME", .text(name))
    case .select(let database): return RedisCommand("SELECT", .integer(Int64(database)))
    case .requireMaster: return RedisCommand("ROLE")
    }
  }

  func verdict(on reply: RedisReply, to step: Step) -> Verdict {
    if case .error(let error) = reply, error.code == .noAuthentication { return .refused(.authentication(error)) }
    switch (step, reply) {
    case (.authenticate, .error(let error)):
      // One that wants a password after all says so at the next step.
      if toleratesNeedlessPassword, error.code == .wrongPassword || error.description.contains("without any password configured") {
        return .accepted
      }
      return .refused(Self.isPassing(error) ? .notYet(error) : .authentication(error))
    // A server that forbids or does not know CLIENT SETNAME is as good without the name.
    case (.name, .error(let error)): return Self.isPassing(error) ? .refused(.notYet(error)) : .accepted
    case (.select, .error(let error)): return .refused(Self.isPassing(error) ? .notYet(error) : .configuration(error))
    // A user who may not ask: the first write tells.
    case (.requireMaster, .error(let error)) where error.code == .noPermission: return .accepted
    case (.requireMaster, .error(let error)): return .refused(Self.isPassing(error) ? .notYet(error) : .configuration(error))
    case (.requireMaster, .array(let role)): return role.first?.string == "master" ? .accepted : .refused(.isNoMaster)
    case (.authenticate, .status), (.name, .status), (.select, .status): return .accepted
    case (.authenticate, _), (.name, _), (.select, _), (.requireMaster, _): return .refused(.unexpectedReply)
    }
  }

  private static func isPassing(_ error: RedisErrorReply) -> Bool {
    error.code == .loading || error.code == .busy || error.code == .masterDown || error.description.hasPrefix("ERR max number of c")
  }
}
