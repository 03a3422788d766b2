import Foundation
import NIOCore
import Testing

@testable import VoiceCore

struct NetworkFaultTests {
  @Test(arguments: [
    (ECONNREFUSED, "connection refused, nothing listens there"), (ECONNRESET, "connection reset by the other side"),
    (EPIPE, "connection reset by the other side"), (ETIMEDOUT, "connection timed out, nothing answers there"),
    (EHOSTUNREACH, "unreachable, no route leads there"), (ENETUNREACH, "unreachable, no route leads there"),
  ]) func `an error of a socket is told in plain words, without functions and numbers`(code: CInt, words: String) {
    #expect(NetworkFault.words(IOError(errnoCode: code, reason: "read(descriptor:pointer:size:)")) == words)
  }

  @Test func `any other error is told as it describes itself`() {
    #expect(NetworkFault.words(ChannelError.connectTimeout(.seconds(1))) == "connection timed out, nothing answers there")
    #expect(NetworkFault.words(RealtimeConnectError(.unreachable, "the name h is not found")) == "the name h is not found")
    #expect(NetworkFault.words(HTTPClientError(.tls, "h")) == "tls: h")
    #expect(NetworkFault.words(errno: EMFILE) == "Too many open files")
  }
}
