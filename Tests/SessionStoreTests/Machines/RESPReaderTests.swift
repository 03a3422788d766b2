import NIOCore
import Testing
import VoiceTesting

@testable import SessionStore

struct RESPReaderTests {
  private static let wire =
    "+OK\r\n:-42\r\n$6\r\nfo\r\no!\r\n$0\r\n\r\n$-1\r\n*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$1\r\nb\r\n*-1\r\n*0\r\n-MOVED 1 h:2\r\n"
  private static let replies: [RedisReply] = [
    .status("OK"), .integer(-42), .bulk(ByteBuffer(string: "fo\r\no!")), .bulk(ByteBuffer()), .null,
    .array([.integer(1), .array([.status("a"), .null]), .bulk(ByteBuffer(string: "b"))]), .null, .array([]),
    .error(RedisErrorReply("MOVED 1 h:2")),
  ]

  private func read(_ portions: [String], maximum: Int = 1 << 20) throws -> [RedisReply] {
    var reader = RESPReader(maximumReplyBytes: maximum)
    var found: [RedisReply] = []
    for portion in portions { try reader.read(ByteBuffer(string: portion)) { found.append($0) } }
    return found
  }

  @Test func `every kind of reply is read`() throws {
    #expect(try read([Self.wire]) == Self.replies)
  }

  @Test func `wherever the bytes are cut, the replies are the same`() throws {
    let wire = Array(Self.wire.utf8)
    for cut in 0...wire.count {
      let halves = [wire[..<cut], wire[cut...]].map { String(decoding: $0, as: UTF8.self) }
      #expect(try read(halves) == Self.replies)
    }
    #expect(try read(wire.map { String(decoding: [$0], as: UTF8.self) }) == Self.replies)
  }

  @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*2\r\n+a\r\n?\r\n", "\u{15}\u{3}\u{3}"])
  func `what is no reply is a violation`(text: String) {
    #expect(throws: RESPReader.Violation.self) { try read([text]) }
  }

  @Test func `a reply that is longer than it may be is a violation, however it comes`() throws {
    let reply = "$100000\r\n" + String(repeating: "x", count: 100_000) + "\r\n"
    #expect(try read([reply, reply], maximum: 110_000).count == 2)
    #expect(throws: RESPReader.Violation.self) { try read([reply], maximum: 90_000) }
    #expect(throws: RESPReader.Violation.self) { try read(["*100000\r\n"] + Array(repeating: "+x\r\n", count: 50_000), maximum: 90_000) }
  }

  @Test func `random bytes are read or refused, never more`() {
    var random = SeededGenerator(seed: 7)
    let alphabet = Array("+-:$*0123456789\r\nabc ".utf8)
    for _ in 0..<2_000 {
      let bytes = (0..<(1 + random.next() % 60)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      do { _ = try read([String(decoding: bytes, as: UTF8.self)]) } catch { #expect(error is RESPReader.Violation) }
    }
  }
}
