import Foundation

/// Limit of file descriptors of this process.
enum FileDescriptorLimit {
  /// Raises the soft limit to the hard one, and answers with what holds then.
  static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// A session takes a descriptor for its client and one for upstream; besides there are listeners, Redis, retrieval and files. Nil where
  /// the limit suffices.
  static func warning(limit: Int, connections: Int) -> String? {
    let (needed, isTooMany) = connections.multipliedReportingOverflow(by: 2)
    guard isTooMany || limit - 100 < needed else { return nil }
    return "VOICE_MAX_CONNECTIONS is \(connections), for which \(limit) file descriptors are too few: raise the hard limit "
      + "(ulimit -n, LimitNOFILE), or set VOICE_MAX_CONNECTIONS to \(max(1, (limit - 100) / 2))"
  }
}
