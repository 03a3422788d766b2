import SessionStore

/// Names the fault of Redis in an operator's words, and the setting that mends it.
enum RedisAdvice {
  /// `missing` are the rights that the user lacks, as an ACL writes them, where Redis refused one.
  static func failed(_ error: RedisError, url: RedisURL, missing: [String] = []) -> String {
    "\(TLSFault.short(error.description)); \(advice(error, url: url, missing: missing))"
  }

  private static func advice(_ error: RedisError, url: RedisURL, missing: [String]) -> String {
    let user = url.credentials?.user ?? "default"
    return switch error.code {
    case .authentication: "the user or the password in REDIS_URL is wrong, or missing: redis://USER:PASSWORD@HOST:PORT"
    case .tls:
      switch TLSFault(error.message) {
      case .untrusted:
        "its certificate is not trusted; set REDIS_CA to the provider's authority (a file, or the PEM itself), and name the host in REDIS_URL "
          + "as the certificate does"
      case .plainText: "the port speaks no TLS: write redis:// in REDIS_URL"
      case .other: "look at REDIS_CA, at the port in REDIS_URL, and at whether Redis wants a client's certificate"
      }
    case .refused where error.reply?.code == .noPermission:
      if missing.isEmpty {
        "the user \(user) lacks this right; deploy/redis/users.acl has all that are needed"
      } else {
        "the user \(user) lacks \(missing.joined(separator: " ")); ACL SETUSER \(user) with these words gives them"
      }
    case .refused where error.reply?.code == .readOnly: "this is a replica; name the master in REDIS_URL, or use redis+sentinel://"
    case .refused where error.reply?.code == .outOfMemory: "its memory is full; raise maxmemory, or look at what else is kept there"
    case .refused where error.reply?.code == .moved: "this is a cluster: write redis+cluster:// in REDIS_URL"
    case .refused where error.reply?.code == .clusterDown:
      "the cluster does not serve all of its slots; CLUSTER INFO tells which, and CLUSTER NODES which node is missing"
    case .refused: refused(error.reply?.description ?? "")
    case .noServer: "no master is known; look at the name of the master and the hosts in REDIS_URL"
    case .timedOut, .connectionLost, .unreachable:
      "look at host and port in REDIS_URL, at DNS, and at the firewall (the provider's trusted sources)"
    default: "look at REDIS_URL: what answers there may be no Redis"
    }
  }

  /// Refusals that have no code of their own: their text tells.
  private static func refused(_ text: String) -> String {
    if text.hasPrefix("ERR max number of c") {
      "it has as many clients as it takes; raise maxclients, or look at what else connects (CLIENT LIST)"
    } else if text.hasPrefix("ERR DB index") || text.contains("SELECT is not allowed") {
      "it has no such database; look at the number at the end of REDIS_URL"
    } else if ["unknown command", "unknown subcommand", "unknown redis command"].contains(where: text.lowercased().contains) {
      "the command is disabled there, or the server is too old for it; look at rename-command in its configuration, or at the provider's plan"
    } else {
      "it answers, and does not serve; the words are its own, and its log may tell more"
    }
  }
}
