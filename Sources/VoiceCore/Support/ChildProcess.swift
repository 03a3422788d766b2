package import Foundation

/// One run of a program, of which the output is read within a time and a length. Blocks its thread: not for an event loop.
///
/// The program gets no input, its errors go nowhere, and it leads a process group of its own, so that what it has started ends with it.
/// Neither a program that ignores SIGTERM nor a grandchild that keeps the pipe open holds the caller up.
package struct ChildProcess: Sendable {
  /// The way in which a run ended.
  package enum Ending: Sendable, Equatable {
    /// It ended by itself, with this status of 0 to 255.
    case exited(Int32)
    /// It was ended by this signal, which was not sent here.
    case signalled(Int32)
    /// It was stopped at the limit of its time.
    case outOfTime
    /// It was stopped because it wrote more than was allowed.
    case tooLong
  }

  /// What a program wrote, and how it ended.
  package struct Outcome: Sendable, Equatable {
    /// Standard output; no longer than allowed.
    package var output: Data
    package var ending: Ending
  }

  /// The program could not be started.
  package struct StartError: Error, Equatable, CustomStringConvertible {
    /// The system's `errno`.
    package var code: Int32
    package var description: String { String(cString: strerror(code)).lowercased() }
  }

  private let program: String
  private let arguments: [String]
  private let environment: [String: String]
  private let timeLimit: Duration
  private let mostBytes: Int
  private let grace: Duration

  /// Prepares a run.
  /// - Parameters:
  ///   - program: path of the executable; PATH is not looked at.
  ///   - arguments: all that follows the program's name.
  ///   - environment: all of it; nothing is inherited.
  ///   - timeLimit: time until SIGTERM.
  ///   - mostBytes: bytes of output that are read; a program that writes more is stopped.
  ///   - grace: time from SIGTERM to SIGKILL.
  package init(
    _ program: String, arguments: [String], environment: [String: String], timeLimit: Duration, mostBytes: Int,
    grace: Duration = .seconds(2)
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.timeLimit = timeLimit
    self.mostBytes = mostBytes
    self.grace = grace
  }

  /// Runs the program and waits for its end, no longer than the time limit and the grace together.
  package func run() throws(StartError) -> Outcome {
    let deadline = ContinuousClock.now + timeLimit
    let ends = try Self.makePipe()
    let id: pid_t
    do throws(StartError) { id = try start(writingTo: ends.write) } catch {
      close(ends.read)
      close(ends.write)
      throw error
    }
    close(ends.write)
    var child = Child(id: id, pipe: ends.read, mostBytes: mostBytes)
    child.collect(until: deadline)
    // A reader that is gone ends a program that still writes.
    close(ends.read)
    let isWhole = !child.isTooLong && child.ends(before: deadline)
    if !isWhole {
      kill(-id, SIGTERM)
      _ = child.ends(before: .now + grace)
    }
    let status = child.reap()
    if child.isTooLong { return Outcome(output: child.output, ending: .tooLong) }
    if !isWhole { return Outcome(output: child.output, ending: .outOfTime) }
    return Outcome(output: child.output, ending: status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F))
  }

  // MARK: Start

  /// A pipe that other children do not inherit, and of which reading never blocks.
  private static func makePipe() throws(StartError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw StartError(code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (ends[0], ends[1])
  }

  #if !canImport(Darwin)
    /// Open files that a child would hold open too. One that is closed meanwhile is no fault to the system.
    private static var inherited: [Int32] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
      return names.compactMap { Int32($0) }.filter { $0 > 2 && fcntl($0, F_GETFD) & FD_CLOEXEC == 0 }
    }
  #endif

  private func start(writingTo output: Int32) throws(StartError) -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    #if !canImport(Darwin)
      for file in Self.inherited { posix_spawn_file_actions_addclose(&actions, file) }
    #endif
    // A server ignores signals that it takes by other means, and a child inherits that: it would not hear SIGTERM.
    var all = sigset_t()
    var none = sigset_t()
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var names = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + names { free(pointer) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, program, &actions, &attributes, &words, &names)
    guard code == 0 else { throw StartError(code: code) }
    return child
  }

  // MARK: End

  /// A child that was started, and what came out of it.
  private struct Child {
    let id: pid_t
    let pipe: Int32
    let mostBytes: Int
    var output = Data()
    var isTooLong = false
    /// Longest time between two looks whether the child has ended, in milliseconds.
    private static let longestPause: Int32 = 20

    init(id: pid_t, pipe: Int32, mostBytes: Int) {
      self.id = id
      self.pipe = pipe
      self.mostBytes = mostBytes
    }

    /// Reads until the output ends, the child has ended, or the time or the length is used up.
    mutating func collect(until deadline: ContinuousClock.Instant) {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        // Looked at before the pipe: all that the child wrote is in there.
        let hasEnded = hasEnded
        guard readAll(&buffer, until: deadline), !hasEnded else { return }
        var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { return }
        _ = poll(&waiting, 1, min(Self.longestPause, Int32(min(left.rounded(.up), 1_000))))
      }
    }

    /// Reads what the pipe holds; false where no more is wanted or can come.
    private mutating func readAll(_ buffer: inout [UInt8], until deadline: ContinuousClock.Instant) -> Bool {
      while ContinuousClock.now < deadline {
        let count = read(pipe, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count != 0 else { return false }
        guard count > 0 else { return errno == EAGAIN }
        let room = mostBytes - output.count
        output.append(contentsOf: buffer[..<min(count, room)])
        if count > room {
          isTooLong = true
          return false
        }
      }
      return false
    }

    /// Waits for the child's end; false where it has not come by then.
    func ends(before deadline: ContinuousClock.Instant) -> Bool {
      var pause: Int32 = 1
      while !hasEnded {
        guard ContinuousClock.now < deadline else { return false }
        usleep(UInt32(pause) * 1_000)
        pause = min(2 * pause, Self.longestPause)
      }
      return true
    }

    /// True once the child has ended. Its id, which is its group's too, is not free for others before ``reap()``.
    private var hasEnded: Bool {
      var info = siginfo_t()
      return waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD || info.si_signo == SIGCHLD
    }

    /// Ends what is left of the group, and answers the child's status as `waitpid` has it.
    func reap() -> Int32 {
      kill(-id, SIGKILL)
      var status: Int32 = 0
      while waitpid(id, &status, 0) == -1, errno == EINTR {}
      return status
    }
  }
}
