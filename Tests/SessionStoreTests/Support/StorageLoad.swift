import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RateLimiting
import SessionStore
import VoiceCore
import VoiceTesting

/// Users who begin sessions, go on with them and end some, on storage that comes and goes. Each knows what must be kept.
struct StorageLoad: Sendable {
  struct Books: Sendable {
    /// As they were saved last.
    var sessions: [SessionID: StoredSession] = [:]
    var deleted: Set<SessionID> = []
    var admitted: [String: Set<SessionID>] = [:]
    var held: Set<SessionLease> = []
    var operations = 0
    /// What came back different from what was saved.
    var wrong = 0
    var failures: [String] = []
    var longest = Duration.zero

    mutating func add(_ other: Books) {
      sessions.merge(other.sessions) { _, new in new }
      deleted.formUnion(other.deleted)
      admitted.merge(other.admitted) { $0.union($1) }
      held.formUnion(other.held)
      operations += other.operations
      wrong += other.wrong
      failures += other.failures.prefix(10)
      longest = max(longest, other.longest)
    }
  }

  let storage: RedisStorage
  var users = 8
  /// How many sessions a user has at a time.
  var sessionsAtOnce = 8
  var pause = Duration.milliseconds(4)
  /// Of what was said in a session.
  var itemBytes = 200

  /// Works until `body` ends, which can see how many operations there were.
  func during(_ body: @Sendable (_ operations: @Sendable () -> Int) async throws -> Void) async throws -> (books: Books, lag: Duration) {
    let isOver = NIOLockedValueBox(false)
    let operations = NIOLockedValueBox(0)
    let total = NIOLockedValueBox((books: Books(), lag: Duration.zero))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<users {
        group.addTask {
          var user = User(name: "user-\(number)", seed: UInt64(number), load: self)
          while !isOver.withLockedValue({ $0 }) {
            let before = user.books.operations
            await user.step()
            let done = user.books.operations - before
            operations.withLockedValue { $0 += done }
            try? await Task.sleep(for: pause)
          }
          total.withLockedValue { $0.books.add(user.books) }
        }
      }
      group.addTask {
        let lag = await Load.lag { isOver.withLockedValue { $0 } }
        total.withLockedValue { $0.lag = lag }
      }
      defer { isOver.withLockedValue { $0 = true } }
      try await body { operations.withLockedValue { $0 } }
      isOver.withLockedValue { $0 = true }
      try await group.waitForAll()
    }
    return total.withLockedValue { $0 }
  }

  private struct User {
    let name: String
    let load: StorageLoad
    var books = Books()
    private var random: SeededGenerator
    private var living: [SessionID] = []

    init(name: String, seed: UInt64, load: StorageLoad) {
      self.name = name
      self.load = load
      random = SeededGenerator(seed: seed)
    }

    static let owner = SessionOwner(instance: "load", generation: 1)

    mutating func step() async {
      if living.count < load.sessionsAtOnce { return await begin() }
      let id = living[Int(random.next() % UInt64(living.count))]
      switch random.next() % 50 {
      case 0: await end(id)
      case 1..<25: await goOn(id)
      default: await look(id)
      }
    }

    private mutating func begin() async {
      let id = SessionID(using: &random)
      let now = UnixTime(milliseconds: Int64(books.operations))
      let session = StoredSession(id: id, userID: name, plan: "elite", model: "m", createdAt: now, updatedAt: now)
      let (storage, name) = (load.storage, name)
      guard await timed({ try await storage.leases.acquire(user: name, session: id, owner: Self.owner) }) == .held else { return }
      books.held.insert(SessionLease(user: name, session: id, owner: Self.owner))
      guard await timed({ try await storage.limiter.admit(user: name, session: id) })?.isAllowed == true else { return }
      books.admitted[name, default: []].insert(id)
      guard await timed({ try await storage.store.save(session) }) != nil else { return }
      books.sessions[id] = session
      living.append(id)
    }

    private mutating func goOn(_ id: SessionID) async {
      guard var session = books.sessions[id] else { return }
      session.updatedAt = session.updatedAt + .milliseconds(1)
      session.counters.turns += 1
      session.items = [StoredItem(id: "item_\(session.counters.turns)", json: String(repeating: "x", count: load.itemBytes))]
      let storage = load.storage
      if await timed({ try await storage.store.save(session) }) != nil { books.sessions[id] = session }
    }

    private mutating func look(_ id: SessionID) async {
      let storage = load.storage
      guard let found = await timed({ try await storage.store.load(id) }) else { return }
      if found != books.sessions[id] {
        books.wrong += 1
        books.failures.append("\(id): \(found?.counters.turns ?? -1) turns, not \(books.sessions[id]?.counters.turns ?? -1)")
      }
    }

    private mutating func end(_ id: SessionID) async {
      let (storage, name) = (load.storage, name)
      living.removeAll { $0 == id }
      guard await timed({ try await storage.store.delete(id) }) != nil else { return }
      books.sessions[id] = nil
      books.deleted.insert(id)
      guard await timed({ try await storage.leases.release(user: name, session: id, owner: Self.owner) }) != nil else { return }
      books.held.remove(SessionLease(user: name, session: id, owner: Self.owner))
    }

    private mutating func timed<Value>(_ work: () async throws -> Value) async -> Value? {
      let started = ContinuousClock.now
      defer {
        books.operations += 1
        books.longest = max(books.longest, ContinuousClock.now - started)
      }
      do { return try await work() } catch {
        books.failures.append("\(error)")
        return nil
      }
    }
  }
}
