import Foundation
import VoiceTelemetry

/// Lines that tell how a load goes, and how it went.
enum LoadReport {
  static func progress(_ tally: LoadTally, of plan: LoadPlan) -> String {
    let p95 = tally.turns.percentile(95).map { ", p95 \(Int($0)) ms" } ?? ""
    return "\(tally.open) of \(plan.sessions) sessions open, \(tally.turns.count) turns\(p95), \(tally.faultCount) errors"
  }

  static func lines(_ tally: LoadTally, of plan: LoadPlan) -> [String] {
    var rows = [["", "COUNT", "P50", "P95", "P99", "MAX"]]
    rows.append(["opening"] + row(tally.openings))
    rows.append(["end of speech to first audio"] + row(tally.turns))
    var lines = Table.lines(rows) + ["\(tally.dialled) sessions dialled, at most \(tally.mostOpen) open at once"]
    for (code, count) in tally.faults.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append("\(count) × \(code)" + (hint(code).map { ": \($0)" } ?? ""))
    }
    return lines + [limit(tally.limit, of: plan)]
  }

  static func limit(_ limit: LoadTally.Limit, of plan: LoadPlan) -> String {
    let wish = "\(Int(plan.latencyLimit / .milliseconds(1))) ms"
    switch limit {
    case .unmeasured(0): return "limit: not measured; no turn ended: hold longer with --hold, a turn takes some seconds"
    case .unmeasured(let turns):
      return
        "limit: not measured; \(turns) turns ended, and \(LoadTally.enough) with as many sessions open are needed: hold longer with --hold"
    case .notReached(let sessions): return "limit: not found; with \(sessions) sessions the p95 of turns stayed under \(wish)"
    case .latency(let sessions, let p95, let good):
      return "limit: \(number(good, below: sessions)); with \(sessions) the p95 of turns was \(Int(p95)) ms, over \(wish)"
    case .faults(0, let code, _): return "limit: not found; no session was let in, \(code)"
    case .faults(let sessions, let code, let good): return "limit: \(number(good, below: sessions)); with \(sessions) came \(code)"
    }
  }

  private static func number(_ good: Int, below bad: Int) -> String { good == 0 ? "fewer than \(bad) sessions" : "\(good) sessions" }

  /// Advice for codes that are more often a setting's doing than the load's.
  static func hint(_ code: String) -> String? {
    switch code {
    case "rate_limit_exceeded": "VOICE_MAX_SESSIONS_PER_HOUR bites; use more users (--users) or raise it for the test"
    case "concurrent_limit_exceeded": "VOICE_MAX_CONCURRENT_SESSIONS bites; use more users (--users)"
    case "http_503": "VOICE_MAX_CONNECTIONS_PER_IP or VOICE_MAX_CONNECTIONS is reached: all speakers come from this address"
    case "http_404": "the gateway has nothing at this path; give its address in --url without a path"
    case "http_403": "the gateway does not know this Origin or host"
    case "auth_token_invalid", "auth_token_missing", "auth_token_expired":
      "the gateway does not take these tokens; JWT_SECRET has to be the gateway's, or name a file with --tokens"
    case "plan_not_allowed": "name one of VOICE_ALLOWED_PLANS with --plan"
    case "feature_disabled": "the gateway runs with ENABLE_VOICE_REALTIME=false"
    case "upstream_unavailable": "the gateway cannot reach its upstream; voice-server check says why"
    case "unreachable", "timeout": "nothing answers at --url"
    case LoadSpeaker.noTLS: "the server speaks no TLS there; write http:// in --url"
    case "tls":
      "the certificate is not trusted; set SSL_CERT_FILE to the authorities' PEM, and name the host in --url as the certificate does"
    case "slow_network": "audio was held back: this machine or the network is the bottleneck"
    default: nil
    }
  }

  private static func row(_ tally: LatencyHistogram) -> [String] {
    ["\(tally.count)"] + [50, 95, 99, 100].map { tally.percentile($0).map { String(format: "%.0f ms", $0) } ?? "-" }
  }
}
