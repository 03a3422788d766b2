import HTTPTypes
import Testing
import VoiceCore
import VoiceTesting

struct TraceContextTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let other = "771a43a4192642f0b136d5159a501700"
  private static let ours = "sentry-trace_id=\(trace),sentry-public_key=d1"

  private func sent(_ fields: [String: String]) -> [String: String] {
    var generator = SeededGenerator(seed: 1)
    var headers = HTTPFields()
    for (name, value) in fields { headers[HTTPField.Name(name)!] = value }
    let context = TraceContext(caller: TraceCaller(headers), using: &generator)
    return Dictionary(uniqueKeysWithValues: context.headerFields.map { ($0.name.canonicalName, $0.value) })
  }

  @Test(arguments: [["sentry-trace": "\(trace)-00f067aa0ba902b7-1"], ["traceparent": "00-\(trace)-00f067aa0ba902b7-01"]])
  func `baggage of the trace that goes on is passed on as it came`(parent: [String: String]) {
    for baggage in [Self.ours, "a=1, \(Self.ours) ;p=1,b=2", "sentry-public_key=d1 , sentry-trace_id = \(Self.trace)", "a=1,,b"] {
      #expect(sent(parent.merging(["baggage": baggage]) { $1 })["baggage"] == baggage)
    }
  }

  @Test(arguments: [
    [:], ["sentry-trace": "\(trace)-0"], ["traceparent": "00-\(other)-00f067aa0ba902b7-01"],
    ["traceparent": "00-\(other)-00f067aa0ba902b7-01", "sentry-trace": "\(trace)-00f067aa0ba902b7-1"],
  ])
  func `Sentry's entries of another trace are left out, and those of others stay`(parent: [String: String]) {
    func baggage(_ text: String) -> String? { sent(parent.merging(["baggage": text]) { $1 })["baggage"] }
    #expect(baggage(Self.ours) == nil)
    #expect(baggage("a=1;p, \(Self.ours), sentry-release=x,b=sentry-trace_id") == "a=1;p,b=sentry-trace_id")
    #expect(baggage("sentry-release=x,a=1") == "a=1")
    #expect(baggage("a=1 , sentryx=2") == "a=1 , sentryx=2")
  }
}
