import FoundationEssentials

/// The cores that this process may run on. NIO's own count follows the quota of a cgroup, and not `taskset`.
enum Affinity {
  /// Nil where the system does not tell.
  static var cores: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return line.flatMap { count(of: $0.drop { $0 != ":" }.dropFirst().filter { !$0.isWhitespace }) }
  }

  /// Number of cores in a list like `0-3,8`; nil where it is none.
  static func count(of list: some StringProtocol) -> Int? {
    var count = 0
    for range in list.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = range.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends[0], let last = ends.count == 2 ? ends[1] : first, first <= last else { return nil }
      count += last - first + 1
    }
    return count
  }
}
