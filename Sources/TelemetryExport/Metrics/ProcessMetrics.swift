import Foundation
public import VoiceCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Process metrics of the system, under Prometheus' usual names. Those that the system does not have are omitted.
public enum ProcessMetrics {
  /// Returns CPU time, memory, open files and start time of the process.
  public static func families(startedAt: UnixTime) -> [MetricFamily] {
    var families = [
      MetricFamily.gauge(
        "process_start_time_seconds", "Start of the process since the Unix epoch.", Double(startedAt.milliseconds) / 1_000)
    ]
    if let cpu = cpuSeconds {
      families.append(
        MetricFamily("process_cpu_seconds_total", .counter, "User and system CPU time.", [MetricPoint(value: .number(cpu))]))
    }
    let status = status()
    for (name, key, help) in [
      ("process_resident_memory_bytes", "VmRSS", "Memory in use."), ("process_virtual_memory_bytes", "VmSize", "Memory reserved."),
    ] {
      if let kilobytes = status[key] { families.append(.gauge(name, help, kilobytes * 1_024)) }
    }
    if let threads = status["Threads"] { families.append(.gauge("process_threads", "Threads.", threads)) }
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      families.append(.gauge("process_open_fds", "File descriptors in use.", Double(open)))
    }
    if let most = maxDescriptors { families.append(.gauge("process_max_fds", "File descriptors allowed.", most)) }
    return families
  }

  private static var cpuSeconds: Double? {
    var usage = rusage()
    #if canImport(Glibc)
      guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    #else
      guard getrusage(RUSAGE_SELF, &usage) == 0 else { return nil }
    #endif
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  private static var maxDescriptors: Double? {
    var limit = rlimit()
    #if canImport(Glibc)
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    #else
      guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return nil }
    #endif
    return Double(limit.rlim_cur)
  }

  /// The numbers of `/proc/self/status`, by name.
  private static func status() -> [String: Double] {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return [:] }
    var values: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
      if parts.count >= 2, let number = Double(parts[1]) { values[String(parts[0])] = number }
    }
    return values
  }
}
