import NIOCore

/// The deadline of an operation that takes several commands: each of them keeps to it beside its own.
enum RedisDeadline {
  @TaskLocal static var ofOperation: NIODeadline?
  /// Connections that were lost before the operation: with one more, another run of Redis may answer, which has to be found out first.
  @TaskLocal static var lossesBefore: Int?
}
