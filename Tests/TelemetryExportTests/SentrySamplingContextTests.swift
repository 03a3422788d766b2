import Testing

@testable import TelemetryExport

@Suite struct SentrySamplingContextTests {
  private let trace = "771a43a4192642f0b136d5159a501700"
  private let key = String(repeating: "d1", count: 16)

  private func context(_ entries: String, of traceID: String? = nil) -> [String: String]? {
    SentrySamplingContext.sound(SentryBaggage.samplingContext(entries), of: traceID ?? trace).map {
      Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.value) })
    }
  }

  private var base: String { "sentry-trace_id=\(trace),sentry-public_key=\(key)" }

  @Test func `all that Sentry knows arrives as the caller sent it`() {
    let replay = String(repeating: "e", count: 32)
    let sent = context(
      "\(base),sentry-release=front%401.2.3,sentry-environment=pre%20prod,sentry-sample_rate=0.25,sentry-sample_rand=0.123456"
        + ",sentry-sampled=true,sentry-transaction=%2Fchat,sentry-replay_id=\(replay),sentry-org_id=4509")
    #expect(
      sent == [
        "trace_id": trace, "public_key": key, "release": "front@1.2.3", "environment": "pre prod", "sample_rate": "0.25",
        "sample_rand": "0.123456", "sampled": "true", "transaction": "/chat", "replay_id": replay, "org_id": "4509",
      ])
  }

  @Test(arguments: [
    "user_id=ada", "user_segment=elite", "user=ada%40example.org", "x=1", "release=a%0Ab", "release=a%E2%80%AEb", "release=",
    "environment=a%2Fb", "environment=None", "sample_rate=1.5", "sample_rate=nan", "sample_rand=-1", "sampled=maybe", "replay_id=ee",
    "transaction=%2Fusers%2Fada%40example.org", "transaction=%2Fchat%3Ftoken%3Dcanary", "org_id=ada", "release=%ZZ",
  ])
  func `what is not in its shape, or of a user, is left out`(entry: String) {
    #expect(context("\(base),sentry-\(entry)") == ["trace_id": trace, "public_key": key])
  }

  @Test func `a release is bounded`() {
    #expect(context("\(base),sentry-release=\(String(repeating: "r", count: 200))")?["release"]?.count == 200)
    #expect(context("\(base),sentry-release=\(String(repeating: "r", count: 201))")?["release"] == nil)
  }

  @Test func `a context of another trace, or without a key, is none`() {
    #expect(context(base, of: String(repeating: "a", count: 32)) == nil)
    #expect(context("sentry-public_key=\(key),sentry-release=1") == nil)
    #expect(context("sentry-trace_id=bogus,sentry-public_key=\(key)", of: "bogus") == nil)
    #expect(context("sentry-trace_id=\(trace),sentry-public_key=b") == nil)
    #expect(context("other=1") == nil)
  }
}
