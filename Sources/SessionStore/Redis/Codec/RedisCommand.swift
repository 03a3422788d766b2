import CHiredis
public import NIOCore

/// One command as it goes over the wire, and what has to be known of it to route and to repeat it.
public struct RedisCommand: Sendable {
  /// Its first word, for messages.
  public let name: String
  /// Key that decides the server in a cluster; nil if any will do.
  let key: String?
  /// True if running it twice has the effect of running it once.
  let isIdempotent: Bool
  /// Command in RESP.
  let wire: ByteBuffer

  /// - Parameters:
  ///   - key: the first key among the arguments; all keys of one command share their hash tag.
  ///   - isIdempotent: one that is not is never sent again when it may have run.
  ///   - name: name of the command.
  ///   - arguments: arguments of the command.
  public init(_ name: String, _ arguments: RedisArgument..., key: String? = nil, isIdempotent: Bool = true) {
    self.init(name, arguments: arguments, key: key, isIdempotent: isIdempotent)
  }

  /// Creates a Redis command.
  public init(_ name: String, arguments: [RedisArgument], key: String? = nil, isIdempotent: Bool = true) {
    self.name = name
    self.key = key
    self.isIdempotent = isIdempotent
    wire = Self.formatted(name, arguments)
  }

  /// hiredis's formatter wants a pointer to each argument: all of them are laid into one buffer first.
  private static func formatted(_ name: String, _ arguments: [RedisArgument]) -> ByteBuffer {
    var joined = ByteBuffer(string: name)
    var lengths = [joined.readableBytes]
    lengths.reserveCapacity(arguments.count + 1)
    for argument in arguments { lengths.append(argument.write(to: &joined)) }
    return joined.withUnsafeReadableBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      var start = 0
      var pointers = lengths.map { length in
        defer { start += length }
        return base.map { $0 + start }
      }
      var command: UnsafeMutablePointer<CChar>?
      let length = redisFormatCommandArgv(&command, Int32(lengths.count), &pointers, lengths)
      guard length > 0, let command else { fatalError("no memory for a Redis command") }
      defer { redisFreeCommand(command) }
      return ByteBuffer(bytes: UnsafeRawBufferPointer(start: command, count: Int(length)))
    }
  }
}

/// One argument of a command: text, bytes or a whole number.
public enum RedisArgument: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
  /// UTF-8 text.
  case text(String)
  /// Bytes as they are.
  case bytes(ByteBuffer)
  /// A number, sent in decimal digits.
  case integer(Int64)

  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }

  func write(to buffer: inout ByteBuffer) -> Int {
    switch self {
    case .text(let text): buffer.writeString(text)
    case .bytes(let bytes): buffer.writeImmutableBuffer(bytes)
    case .integer(let value): buffer.writeString(String(value))
    }
  }
}
