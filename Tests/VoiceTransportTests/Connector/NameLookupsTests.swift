import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import VoiceTransport

struct NameLookupsTests {
  @Test func `a name that hangs delays no other, and is looked up once for all that ask`() async throws {
    let gate = NIOLockedValueBox(0)
    let hanging = DispatchSemaphore(value: 0)
    let lookups = NameLookups { host in
      gate.withLockedValue { $0 += 1 }
      if host == "hangs" { hanging.wait() }
      return [try SocketAddress(ipAddress: "192.0.2.1", port: 0), try SocketAddress(ipAddress: "2001:db8::1", port: 0)]
    }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let stuck = (0..<100).map { _ in lookups.addresses(of: "hangs", on: loop) }
    let resolver = SharedResolver(lookups, host: "answers", on: loop)
    #expect(try await resolver.initiateAQuery(host: "answers", port: 443).get() == [SocketAddress(ipAddress: "192.0.2.1", port: 443)])
    #expect(try await resolver.initiateAAAAQuery(host: "answers", port: 443).get() == [SocketAddress(ipAddress: "2001:db8::1", port: 443)])
    hanging.signal()
    for future in stuck { #expect(try await future.get().count == 2) }
    #expect(gate.withLockedValue { $0 } == 2)
  }

  @Test func `the system knows this machine, and says what it does not know`() throws {
    #expect(try NameLookups.systemAddresses(of: "localhost").contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" })
    #expect(throws: (any Error).self) { try NameLookups.systemAddresses(of: "no such name") }
  }
}
