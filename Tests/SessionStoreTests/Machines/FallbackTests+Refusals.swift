import Logging
import NIOConcurrencyHelpers
import NIOCore
import RateLimiting
import Testing
import VoiceCore
import VoiceTesting

@testable import SessionStore

// A Redis that answers, and refuses.
extension FallbackTests {
  @Test(arguments: [
    ("READONLY You can't write against a read only replica.", "READONLY", true),
    (
      "ERR Error running script (call to f_01): @user_script:7: @user_script: 7: -OOM command not allowed when used memory > 'maxmemory'.",
      "OOM", true
    ),
    (
      "ERR Error running script (call to f_aa): @user_script:10: @user_script: 10: -READONLY You can't write against a read only replica. ",
      "READONLY", true
    ),
    (
      "ERR Error running script (call to f_aa): @user_script:3: @user_script: 3: -MISCONF Redis is configured to save RDB snapshots",
      "MISCONF", true
    ),
    ("ERR max number of clients reached", "ERR", true),
    ("NOPERM this user has no permissions to run the 'evalsha' command", "NOPERM", true),
    ("ERR Error running script (call to f_aa): @user_script:3: attempt to index a nil value", "ERR", false),
    ("ERR user_script:3: Script attempted to access nonexistent global variable 'x' script: f_1, on @user_script:3.", "ERR", false),
    ("ERR Error compiling script (new function): user_script:1: '=' expected near 'x'", "ERR", false),
    ("ERR wrong number of arguments for 'zadd' command", "ERR", false),
    ("ERR hash value is not an integer", "ERR", false), ("ERR value is not a valid float", "ERR", false),
    ("ERR max request size exceeded. Limit: 1048576 bytes, Actual: 2097152 bytes.", "ERR", false),
    ("WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE", false),
    ("ERR user_script:3: WRONGTYPE Operation against a key script: f_1, on @user_script:3.", "ERR", false),
    ("CROSSSLOT Keys in request don't hash to the same slot", "CROSSSLOT", false),
    ("NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT", false),
    // Words of servers and of what stands before them.
    ("ERR The user executing the script can't run this command or subcommand script: f_1, on @user_script:11.", "ERR", true),
    ("ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.", "ERR", true),
    ("ERR max requests limit exceeded. Limit: 500000, Usage: 500000.", "ERR", true),
    ("ERR command not allowed when used memory > 'maxmemory'", "ERR", true),
    ("ERR user_script:3: OOM allow-oom flag is not set script: abc, on @user_script:3.", "ERR", true),
    ("ERR operation not permitted", "ERR", true), ("ERR DISABLED You can't write against a non-persistent instance", "ERR", true),
    ("ERR Unknown Redis command called from script script: f_1, on @user_script:1.", "ERR", true), ("ERR", "ERR", true), ("", "", true),
  ])
  func `a refusal is judged by its code, also where a script's error hides it; one of unknown words is an outage`(
    text: String, code: String, isOutage: Bool
  ) {
    let reply = RedisErrorReply(text)
    #expect(reply.code.rawValue == code)
    #expect(RedisError(.refused, text, reply: reply).isOutage == isOutage)
  }

  private static let refusal = RedisError(.refused, "no", reply: RedisErrorReply("ERR max daily request limit exceeded. Limit: 10000"))
  private static func refusal(_ text: String) -> RedisError { RedisError(.refused, text, reply: RedisErrorReply(text)) }
  private static let ofOneKey = refusal("WRONGTYPE no")
  private static let ofUnknownWords = refusal("ERR value rejected by policy")

  /// A primary that refuses what the test says.
  private final class Refusing: FallbackComponent {
    let refused = NIOLockedValueBox<Set<FallbackChange>>([])
    let refusals = NIOLockedValueBox(0)
    let written = NIOLockedValueBox<[FallbackChange]>([])
    private let error: RedisError
    init(_ error: RedisError = FallbackTests.ofOneKey) { self.error = error }
    func inventory() -> [FallbackChange] { [] }
    func writeThrough(_ changes: [FallbackChange]) async throws {
      if refused.withLockedValue({ !$0.isDisjoint(with: changes) }) {
        refusals.withLockedValue { $0 += 1 }
        throw error
      }
      written.withLockedValue { $0 += changes }
    }
  }

  @Test func `a refusal in words that are not known is an outage: told as one, and written through when it stops`() async throws {
    let (redis, log, refuses) = (Redis(), RecordingLog(), NIOLockedValueBox(true))
    let fallback = Fallback(operationTimeout: .seconds(60), logger: log.logger) {
      if refuses.withLockedValue({ $0 }) { throw Self.refusal }
    }
    fallback.add(Component(redis: redis))
    for number in UInt64(0)..<3 {
      let answer: Bool? = try await fallback.onPrimary(noting: .session(id(number))) { throw Self.refusal }
      #expect(answer == nil && fallback.isActive)
    }
    #expect(log.texts(.warning).count == 1)
    await fallback.tryToReturn()
    #expect(fallback.isActive)
    refuses.withLockedValue { $0 = false }
    await fallback.tryToReturn()
    #expect(!fallback.isActive && !fallback.isRefused)
    #expect(redis.written.withLockedValue { $0 } == (0..<3).map { .session(id($0)) })
  }

  @Test func `a return that a refusal ends at once, which no probe meets, is held off for longer each time, and for 4 s at most`() {
    var machine = FallbackStateMachine()
    var now = start
    func goesAndReturns(after time: TimeAmount) -> TimeAmount {
      now = now + time
      #expect(machine.primaryFailed(isRefusal: true, at: now) == .takeOver)
      let failed = now
      while !machine.mayProbe(at: now) { now = now + .milliseconds(100) }
      _ = machine.probed(isBack: true)
      _ = machine.wroteThrough(left: 0, at: now)
      return now - failed
    }
    #expect(goesAndReturns(after: .seconds(0)) == .zero, "the first outage")
    #expect(!machine.isDoubtful(at: now))
    let holds = (0..<5).map { _ in goesAndReturns(after: .milliseconds(300)) }
    #expect(holds == [.seconds(1), .seconds(2), .seconds(4), .seconds(4), .seconds(4)])
    #expect(machine.isDoubtful(at: now) && !machine.isDoubtful(at: now + .seconds(10)))
    #expect(goesAndReturns(after: .seconds(60)) == .zero, "one that lasted is forgotten")
  }

  @Test func `a Redis that is gone right after a return is probed at once: a probe finds it when it is back`() {
    var machine = FallbackStateMachine()
    for _ in 0..<5 {
      #expect(machine.primaryFailed(at: start) == .takeOver)
      #expect(machine.mayProbe(at: start) && !machine.isDoubtful(at: start))
      _ = machine.probed(isBack: true)
      _ = machine.wroteThrough(left: 0, at: start)
    }
  }

  @Test func `health is degraded until a return has lasted, and a flapping Redis does not fill the log`() async throws {
    let (log, time) = (RecordingLog(), NIOLockedValueBox(start))
    let fallback = Fallback(operationTimeout: .seconds(60), now: { time.withLockedValue { $0 } }, logger: log.logger, probe: {})
    for round in 0..<20 {
      let _: Bool? = try await fallback.onPrimary { throw Self.refusal }
      #expect(fallback.isActive)
      await fallback.tryToReturn()
      #expect(fallback.isActive == (round > 0), "held off")
      time.withLockedValue { $0 = $0 + .seconds(4) }
      await fallback.tryToReturn()
      #expect(!fallback.isActive && fallback.isRefused == (round > 0))
    }
    #expect(log.texts(.warning).count <= 3 && log.texts(.notice).count <= 3)
    time.withLockedValue { $0 = $0 + .seconds(10) }
    #expect(!fallback.isRefused)
  }

  @Test(arguments: [FallbackTests.ofOneKey, FallbackTests.ofUnknownWords])
  func `what Redis refuses of one key keeps nothing else from it, and is written when the key is mended`(error: RedisError) async throws {
    let (log, component, time) = (RecordingLog(), Refusing(error), NIOLockedValueBox(start))
    let fallback = Fallback(
      operationTimeout: .seconds(60), now: { time.withLockedValue { $0 } }, logger: log.logger, runOfRedis: { "a" }, probe: {})
    fallback.add(component)
    let changes = (0..<700).map { FallbackChange.session(id($0)) }
    component.refused.withLockedValue { $0 = [changes[3], changes[600]] }
    for change in changes { let _: Bool? = try await fallback.onPrimary(noting: change) { throw RedisError(.unreachable, "away") } }
    await fallback.tryToReturn()
    #expect(!fallback.isActive && log.texts(.error).count == 1 && log.all.contains(error.message))
    let missing = Set(changes).subtracting(component.written.withLockedValue { $0 })
    #expect(missing == [changes[3], changes[600]])
    component.refused.withLockedValue { $0 = [changes[600]] }
    await fallback.settleRefused()
    #expect(Set(changes).subtracting(component.written.withLockedValue { $0 }) == [changes[600]])
    component.refused.withLockedValue { $0 = [] }
    time.withLockedValue { $0 = $0 + .seconds(2) }
    await fallback.settleRefused()
    #expect(!fallback.isActive && log.texts(.error).count == 1)
    #expect(Set(changes).isSubset(of: component.written.withLockedValue { $0 }))
  }

  @Test func `a call that is refused for its key alone is written through while Redis serves`() async throws {
    let component = Refusing()
    let fallback = Fallback(operationTimeout: .seconds(60), logger: .quiet) {}
    fallback.add(component)
    let _: Bool? = try await fallback.onPrimary(noting: .session(id(1))) { throw Self.ofOneKey }
    #expect(!fallback.isActive)
    await fallback.settleRefused()
    #expect(component.written.withLockedValue { $0 } == [.session(id(1))])
  }

  @Test(arguments: [
    ("READONLY You can't write against a read only replica.", false), ("OOM command not allowed when used memory > 'maxmemory'.", false),
    ("MISCONF Redis is configured to save RDB snapshots", false), ("LOADING Redis is loading the dataset in memory", false),
    ("NOPERM this user has no permissions to run the 'evalsha' command", false), ("ERR value rejected by policy", true),
  ])
  func `a refusal of the server's stops the way back, also where the probe before it passed, and nothing is lost`(
    text: String, meetsProbe: Bool
  ) async throws {
    let (log, component) = (RecordingLog(), Refusing(Self.refusal(text)))
    // Words that are not known are the server's where the probe that follows meets them as well.
    let fallback = Fallback(
      operationTimeout: .seconds(60), logger: log.logger, runOfRedis: { "a" },
      probe: { if meetsProbe, component.refusals.withLockedValue({ $0 > 0 }) { throw Self.refusal(text) } })
    fallback.add(component)
    let changes = (0..<40).map { FallbackChange.session(id($0)) }
    component.refused.withLockedValue { $0 = Set(changes) }
    for change in changes { let _: Bool? = try await fallback.onPrimary(noting: change) { throw RedisError(.unreachable, "away") } }
    await fallback.tryToReturn()
    #expect(fallback.isActive && component.written.withLockedValue { $0.isEmpty } && log.texts(.error).isEmpty)
    component.refused.withLockedValue { $0 = [] }
    component.refusals.withLockedValue { $0 = 0 }
    await fallback.tryToReturn()
    #expect(!fallback.isActive && component.written.withLockedValue { $0 } == changes)
  }

  @Test func `what is refused again and again is tried less and less often, and brings memory in no more`() async throws {
    let (log, component, time) = (RecordingLog(), Refusing(Self.ofUnknownWords), NIOLockedValueBox(start))
    let fallback = Fallback(operationTimeout: .seconds(60), now: { time.withLockedValue { $0 } }, logger: log.logger, probe: {})
    fallback.add(component)
    let change = FallbackChange.session(id(1))
    component.refused.withLockedValue { $0 = [change] }
    let _: Bool? = try await fallback.onPrimary(noting: change) { throw Self.ofUnknownWords }
    #expect(fallback.isActive)
    await fallback.tryToReturn()
    #expect(!fallback.isActive)
    let before = component.refusals.withLockedValue { $0 }
    for _ in 0..<600 {
      time.withLockedValue { $0 = $0 + .seconds(1) }
      await fallback.settleRefused()
      let answer: Bool? = try await fallback.onPrimary(noting: change) { throw Self.ofUnknownWords }
      #expect(answer == nil && !fallback.isActive)
    }
    #expect((10...16).contains(component.refusals.withLockedValue { $0 } - before))
    component.refused.withLockedValue { $0 = [] }
    time.withLockedValue { $0 = $0 + .seconds(64) }
    await fallback.settleRefused()
    #expect(component.written.withLockedValue { $0 } == [change])
  }
}
