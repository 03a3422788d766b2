import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import VoiceTransport

struct AcceptTests {
  @Test func `a client has its places back when its connections are gone`() throws {
    var counter = AcceptCounter(limits: AcceptLimits(connections: 3, connectionsPerAddress: 2))
    let (one, two) = (ClientNetwork("192.0.2.1"), ClientNetwork("192.0.2.2"))
    let taken = [one, one, one, two, two].map { counter.enter($0) }
    #expect(taken == [true, true, false, true, false], "two of one, three in all")
    counter.leave(one)
    let again = [one, nil].map { counter.enter($0) }
    #expect(again == [true, false] && counter.count == 3)
  }

  @Test func `an IPv6 site is one client, an IPv4 address another, however it is written`() {
    #expect(ClientNetwork("2001:db8:1:2:3::4") == ClientNetwork("2001:db8:1:2:ffff::"))
    #expect(ClientNetwork("2001:db8:1:2::") != ClientNetwork("2001:db8:1:3::"))
    #expect(ClientNetwork("::ffff:192.0.2.1") == ClientNetwork("192.0.2.1"))
    #expect(ClientNetwork("192.0.2.1") != ClientNetwork("192.0.2.2"))
    #expect(ClientNetwork("2001:db8:1:2:3::4")?.description == "2001:db8:1:2::/64")
    #expect(ClientNetwork("192.0.2.1")?.description == "192.0.2.1")
    #expect(ClientNetwork("localhost") == nil)
  }

  @Test func `out of descriptors is said once a minute`() throws {
    let notices = Notices()
    let channel = EmbeddedChannel(handler: AcceptHandler(limits: AcceptLimits(), report: { notices.all.append($0) }))
    for _ in 0..<100 { channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept")) }
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(notices.all == [.outOfDescriptors])
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    channel.pipeline.fireErrorCaught(IOError(errnoCode: ENFILE, reason: "accept"))
    #expect(notices.all == [.outOfDescriptors, .outOfDescriptors])
  }

  final class Notices: @unchecked Sendable { var all: [AcceptHandler.Notice] = [] }
}
