import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing
import VoiceCore

@testable import TelemetryExport

@Suite struct LineLogHandlerTests {
  private func lines(_ format: LogFormat, level: Logger.Level = .info, _ body: (Logger) -> Void) -> [String] {
    let lines = NIOLockedValueBox<[String]>([])
    let logger = Logger(label: "test") { label in
      LineLogHandler(
        label: label, format: format, level: level, now: { UnixTime(milliseconds: 1_795_230_596_123) },
        sink: { line in lines.withLockedValue { $0.append(line) } })
    }
    body(logger)
    return lines.withLockedValue { $0 }
  }

  @Test func `a JSON line is one object with time, level, label, message and the metadata`() throws {
    let line = try #require(
      lines(.json) { logger in
        logger.warning("said \"so\"\nand left", metadata: ["count": .stringConvertible(3), "list": ["a", "b"], "level": "mine"])
      }.first)
    #expect(line.hasSuffix("}\n") && line.dropLast().allSatisfy { !$0.isNewline })
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2026-11-21T03:09:56.123Z")
    #expect(object["level"] as? String == "warning")
    #expect(object["_level"] as? String == "mine")
    #expect(object["message"] as? String == "said \"so\"\nand left")
    #expect(object["count"] as? Int == 3)
    #expect(object["list"] as? [String] == ["a", "b"])
  }

  @Test func `a text line stays one line, whatever it is given`() {
    let text = lines(.text) { $0.info("a\nb", metadata: ["key": "c\u{1B}[31m\r\nERROR forged"]) }.joined()
    #expect(text == "2026-11-21T03:09:56.123Z INFO a\\nb key=\"c\\u{1B}[31m\\r\\nERROR forged\"\n")
  }

  @Test func `in colour, a value from outside still colours nothing`() {
    let text = lines(.colouredText) { $0.error("a", metadata: ["key": "\u{1B}[32mfine"]) }.joined()
    #expect(
      text
        == "\u{1B}[2m2026-11-21T03:09:56.123Z\u{1B}[0m \u{1B}[31mERROR\u{1B}[0m a \u{1B}[2mkey=\u{1B}[0m\\u{1B}[32mfine\n"
    )
  }

  @Test func `a secret prints as stars, and lines below the level are not written`() {
    let written = lines(.json, level: .info) { logger in
      logger.debug("unseen")
      logger.info("seen", metadata: ["token": .stringConvertible(Secret("canary"))])
    }
    #expect(written.count == 1)
    #expect(written[0].contains("***") && !written[0].contains("canary"))
  }

  @Test func `a warning that repeats is written a few times a minute, information always`() {
    let clock = NIOLockedValueBox(UnixTime(seconds: 0))
    let lines = NIOLockedValueBox<[String]>([])
    let limiter = LogRateLimiter(linesPerWindow: 3, now: { clock.withLockedValue { $0 } })
    let logger = Logger(label: "test") { label in
      LineLogHandler(
        label: label, format: .text, level: .info, limiter: limiter, now: { clock.withLockedValue { $0 } },
        sink: { line in lines.withLockedValue { $0.append(line) } })
    }
    func warn() { logger.warning("again") }
    for _ in 0..<10 { warn() }
    for _ in 0..<10 { logger.info("news") }
    #expect(lines.withLockedValue { $0.count } == 13)
    clock.withLockedValue { $0 = UnixTime(seconds: 60) }
    warn()
    #expect(lines.withLockedValue { $0.last } == "1970-01-01T00:01:00.000Z WARNING again left_out=7\n")
  }

  @Test func `how many lines were left out is told at the end of the minute, where no other line comes`() {
    let clock = NIOLockedValueBox(UnixTime(seconds: 0))
    let lines = NIOLockedValueBox<[String]>([])
    let limiter = LogRateLimiter(linesPerWindow: 3, now: { clock.withLockedValue { $0 } })
    let logger = Logger(label: "test") { label in
      LineLogHandler(
        label: label, format: .text, level: .info, limiter: limiter, now: { clock.withLockedValue { $0 } },
        sink: { line in lines.withLockedValue { $0.append(line) } })
    }
    for _ in 0..<10 { logger.warning("again") }
    limiter.report(at: UnixTime(seconds: 59))
    #expect(lines.withLockedValue { $0.count } == 3)
    limiter.report(at: UnixTime(seconds: 60))
    limiter.report(at: UnixTime(seconds: 61))
    #expect(
      lines.withLockedValue { Array($0.dropFirst(3)) } == ["1970-01-01T00:00:00.000Z WARNING 7 more were left out: again left_out=7\n"])
  }

  @Test(arguments: [
    ("x plan=elite", "\"x plan=elite\""), ("", "\"\""), ("a\"b c", "\"a\\\"b c\""), ("a=b", "\"a=b\""), ("plain-1.2:3", "plain-1.2:3"),
    ("a\u{2028}b", "a\\u{2028}b"), ("a\u{202E}b", "a\\u{202E}b"), ("a\u{2066}b c", "\"a\\u{2066}b c\""), ("a\u{85}b", "a\\u{0085}b"),
    ("a\u{A0}b", "\"a\u{A0}b\""), ("é🎙", "é🎙"),
  ])
  func `a value from outside is one field in one direction`(value: String, written: String) {
    #expect(LogText.value(value) == written)
  }

  @Test func `numbers of every kind stay numbers in JSON, a duration is in seconds, and no mark turns the direction`() throws {
    let line = try #require(
      lines(.json) { logger in
        logger.info(
          "a\u{202E}b",
          metadata: [
            "int64": .stringConvertible(Int64(-5)), "uint": .stringConvertible(UInt64.max), "float": .stringConvertible(Float(1.5)),
            "took": .stringConvertible(Duration.milliseconds(1_250)), "flag": .stringConvertible(true),
            "nan": .stringConvertible(Double.nan),
          ])
      }.first)
    for part in [#""int64":-5"#, #""uint":18446744073709551615"#, #""float":1.5"#, #""took":1.25"#, #""flag":true"#, #""nan":"nan""#] {
      #expect(line.contains(part), "\(part)")
    }
    #expect(line.contains(#"a\u202eb"#))
  }
}
