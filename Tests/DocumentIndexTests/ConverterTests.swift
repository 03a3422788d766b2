import Foundation
import Testing

@testable import DocumentIndex

struct ConverterTests {
  private func converter(_ script: String, timeout: Duration = .seconds(20)) -> DocumentConverter {
    DocumentConverter(command: ["sh", "-c", script, "{}"], timeout: timeout)
  }

  @Test func `a command's output is the document's text`() throws {
    #expect(try converter("echo \"text of $0\"").text(of: "-a.pdf").text == "text of ./-a.pdf\n")
  }

  @Test(arguments: [
    ("exit 3", "sh failed with status 3"), ("kill -9 $$", "sh was ended by signal 9"), ("printf '\\001\\000\\002'", "sh wrote no text"),
    ("yes 0123456789012345678901234567890123456789", "sh wrote more than 32 MiB and was stopped"),
  ])
  func `a command that fails is an error that says how`(_ script: String, _ reason: String) {
    #expect(throws: DocumentError(reason: reason)) { try converter(script).text(of: "a.pdf") }
  }

  @Test func `a command that ignores SIGTERM is ended, and holds up the index no longer`() {
    let start = ContinuousClock.now
    #expect(throws: DocumentError(reason: "sh took longer than 0.2 s and was stopped")) {
      try converter("trap '' TERM; echo a; sleep 60", timeout: .milliseconds(200)).text(of: "a.pdf")
    }
    #expect(ContinuousClock.now - start < .seconds(15))
  }

  @Test func `a process that a command leaves behind with its output holds up nothing`() throws {
    let start = ContinuousClock.now
    #expect(try converter("setsid sleep 15 & echo done").text(of: "a.pdf").text == "done\n")
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
