import Foundation
import Testing

@testable import VoiceCore

struct ChildProcessTests {
  private func run(
    _ script: String, timeLimit: Duration = .seconds(20), mostBytes: Int = 1 << 20, grace: Duration = .milliseconds(50)
  ) throws -> (text: String, ending: ChildProcess.Ending, time: Duration) {
    let process = ChildProcess(
      "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin", "GREETING": "hello"], timeLimit: timeLimit,
      mostBytes: mostBytes, grace: grace)
    let start = ContinuousClock.now
    let outcome = try process.run()
    return (String(decoding: outcome.output, as: UTF8.self), outcome.ending, .now - start)
  }

  @Test func `a program's output is read to its end, with the environment that it was given`() throws {
    let short = try run("echo $GREETING; cat; echo unseen >&2; exit 3")
    #expect(short.text == "hello\n" && short.ending == .exited(3))
    let long = try run("head -c 500000 /dev/zero | tr '\\0' x")
    #expect(long.text.utf8.count == 500_000 && long.ending == .exited(0))
    #expect(try run("kill -9 $$").ending == .signalled(9))
  }

  @Test func `a program that ignores SIGTERM ends with the grace`() throws {
    let run = try run("trap '' TERM; echo before; sleep 60", timeLimit: .milliseconds(200))
    #expect(run.text == "before\n" && run.ending == .outOfTime && run.time < .seconds(10))
  }

  @Test func `a program that closes its output and stays is stopped`() throws {
    let run = try run("exec >&-; sleep 60", timeLimit: .milliseconds(100), grace: .seconds(20))
    #expect(run.ending == .outOfTime && run.time < .seconds(10))
  }

  @Test(arguments: ["sleep 60 & echo done", "setsid sleep 15 & echo done"])
  func `a grandchild that keeps the pipe open holds up nothing`(_ script: String) throws {
    let run = try run(script)
    #expect(run.text == "done\n" && run.ending == .exited(0) && run.time < .seconds(10))
  }

  @Test func `output is read up to its limit, and a program that goes on is stopped`() throws {
    let exact = try run("printf 12345", mostBytes: 5)
    #expect(exact.text == "12345" && exact.ending == .exited(0))
    let more = try run("while :; do echo 123456789; done", mostBytes: 100_000)
    #expect(more.text.utf8.count == 100_000 && more.ending == .tooLong && more.time < .seconds(10))
  }

  @Test func `a signal that this process ignores is heard by the child`() throws {
    let before = signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, before) }
    #expect(try run("kill -USR2 $$; echo survived").ending == .signalled(SIGUSR2))
  }

  @Test func `a program that is not there is an error`() {
    let process = ChildProcess("/nowhere/program", arguments: [], environment: [:], timeLimit: .seconds(1), mostBytes: 1)
    #expect(throws: ChildProcess.StartError(code: ENOENT)) { try process.run() }
  }
}
