import CHiredis
import NIOCore

/// Reads replies out of bytes as they come: the one owner of hiredis's reader, which does no input or output of its own.
///
/// https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2)
struct RESPReader: ~Copyable {
  /// The peer does not speak the protocol, or says more than it may.
  struct Violation: Error, Equatable {
    var detail: String
  }

  private let reader: UnsafeMutablePointer<redisReader>
  private let maximumReplyBytes: Int
  /// Bytes fed since the last complete reply.
  private var openBytes = 0

  /// - Parameter maximumReplyBytes: a reply that takes more is a violation.
  init(maximumReplyBytes: Int = 64 << 20) {
    guard let reader = voice_redis_reader_create() else { fatalError("no memory for a reader of Redis replies") }
    self.reader = reader
    self.maximumReplyBytes = maximumReplyBytes
  }

  deinit { voice_redis_reader_free(reader) }

  /// Hands out every reply that `bytes` complete, in order.
  mutating func read(_ bytes: ByteBuffer, _ body: (RedisReply) -> Void) throws(Violation) {
    var rest = bytes
    // hiredis moves what it has not read yet to the front of its buffer every kilobyte: small portions keep that short.
    while let portion = rest.readSlice(length: min(rest.readableBytes, 16_384)), portion.readableBytes > 0 {
      openBytes += portion.readableBytes
      let fed = portion.withUnsafeReadableBytes {
        redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
      }
      guard fed == REDIS_OK else { throw violation }
      while let reply = try next() {
        openBytes = 0
        body(reply)
      }
      guard openBytes <= maximumReplyBytes else { throw Violation(detail: "a reply of more than \(maximumReplyBytes) bytes") }
    }
  }

  private mutating func next() throws(Violation) -> RedisReply? {
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw violation }
    guard let object else { return nil }
    defer { freeReplyObject(object) }
    return RedisReply(object.assumingMemoryBound(to: redisReply.self))
  }

  private var violation: Violation { Violation(detail: String(cString: voice_redis_reader_error(reader))) }
}

extension RedisReply {
  /// Copies hiredis's object.
  fileprivate init(_ object: UnsafePointer<redisReply>) {
    let reply = object.pointee
    switch reply.type {
    case REDIS_REPLY_STRING: self = .bulk(ByteBuffer(bytes: UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))))
    case REDIS_REPLY_STATUS: self = .status(Self.text(reply))
    case REDIS_REPLY_ERROR: self = .error(RedisErrorReply(Self.text(reply)))
    case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
    case REDIS_REPLY_ARRAY:
      self = .array((0..<Int(reply.elements)).map { index in reply.element[index].map { RedisReply(UnsafePointer($0)) } ?? .null })
    default: self = .null
    }
  }

  private static func text(_ reply: redisReply) -> String {
    String(decoding: UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len)), as: UTF8.self)
  }
}
