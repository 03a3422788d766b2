import Testing

@testable import VoiceCore

@Suite struct PriceTableTests {
  private func usage(inputText: Int = 0, cachedText: Int = 0, inputAudio: Int = 0, outputAudio: Int = 0) -> TokenUsage {
    var usage = TokenUsage()
    (usage.inputText, usage.cachedText, usage.inputAudio, usage.outputAudio) = (inputText, cachedText, inputAudio, outputAudio)
    return usage
  }

  @Test func `cached tokens are a part of input and cost less`() throws {
    let cost = try #require(
      PriceTable.published.cost(
        of: usage(inputText: 1_000, cachedText: 400, inputAudio: 100, outputAudio: 50), model: "gpt-realtime-2.1"))
    // 600 × 4 + 400 × 0.40 + 100 × 32 + 50 × 64 millionths of a dollar.
    #expect(abs(cost - 0.00896) < 1e-12)
  }

  @Test(arguments: ["gpt-realtime-2025-08-28", "gpt-realtime-mini-2025-10-06", "gpt-4o-transcribe-2025-12-15"])
  func `a dated snapshot costs what its undated name does`(model: String) {
    let plain = String(model.dropLast(11))
    let table = PriceTable.published
    #expect(table.cost(of: usage(inputText: 7), model: model) == table.cost(of: usage(inputText: 7), model: plain))
    #expect(table.cost(ofSeconds: 90, model: model) == table.cost(ofSeconds: 90, model: plain))
    #expect(table.cost(of: usage(inputText: 7), model: model) != nil || table.cost(ofSeconds: 90, model: model) != nil)
  }

  @Test(arguments: ["gpt-realtime-2025-8-28", "gpt-realtime-latest", "gpt-5", "", "-2025-08-28"])
  func `a model that is not in the table has no price, not one of 0`(model: String) {
    #expect(PriceTable.published.cost(of: usage(inputText: 7), model: model) == nil)
    #expect(PriceTable.published.cost(ofSeconds: 7, model: model) == nil)
  }

  @Test func `a snapshot with a price of its own costs that`() throws {
    let json = #"{"usd_per_million_tokens":{"m":{"text":{"input":1}},"m-2026-01-02":{"text":{"input":3}}},"usd_per_minute":{"t":0.6}}"#
    let table = try #require(PriceTable(json: Array(json.utf8)))
    let million = usage(inputText: 1_000_000)
    #expect(table.cost(of: million, model: "m-2026-01-02") == 3)
    #expect(table.cost(of: million, model: "m-2026-01-03") == 1)
    #expect(table.cost(ofSeconds: 30, model: "t") == 0.3)
    #expect(PriceTable.published.overridden(by: table).cost(of: million, model: "m") == 1)
    #expect(PriceTable.published.overridden(by: table).cost(of: million, model: "gpt-realtime") == 4)
  }

  @Test(
    arguments: [
      "[]", #"{"usd_per_minute":{"t":"0.6"}}"#, #"{"usd_per_minute":{"t":-1}}"#, #"{"usd_per_million_tokens":{"m":3}}"#,
      #"{"usd_per_million_tokens":{"m":{"text":{"output":1}}}}"#, #"{"usd_per_million_tokens":{"m":{"text":{"input":1,"output":"2"}}}}"#,
    ])
  func `a table with a price that is none is refused`(json: String) {
    #expect(PriceTable(json: Array(json.utf8)) == nil)
  }

  @Test func `what a session spent is unknown only while nothing of it has a price`() {
    var counters = SessionCounters()
    #expect(counters.costUSD == 0)
    counters.spent(nil)
    #expect(counters.costUSD == nil)
    counters.spent(0.25)
    counters.spent(0.000_000_001)
    #expect(counters.costUSD == 0.250_000_001)
    #expect(counters.unpriced == 1)
  }
}
