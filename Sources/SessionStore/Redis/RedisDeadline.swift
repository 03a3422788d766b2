import NIOCore

/// The deadline of an operation that takes several commands: each of them keeps to it beside its own.
enum RedisDeadline {
  @TaskLocal static var ofOperation: NIODeadline?
}
