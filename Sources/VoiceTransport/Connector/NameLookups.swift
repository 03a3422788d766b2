import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import VoiceCore

/// Looks host names up by `getaddrinfo`, which blocks and cannot be cancelled: on threads of its own, one look-up at a time for each name,
/// shared by all that ask meanwhile. A name that hangs takes one thread, and delays no other name.
final class NameLookups: Sendable {
  static let shared = NameLookups()

  private static let threads = 16
  private let pool = NIOThreadPool(numberOfThreads: threads)
  private let waiting = NIOLockedValueBox<[String: [EventLoopPromise<[SocketAddress]>]]>([:])
  private let lookUp: @Sendable (String) throws -> [SocketAddress]

  /// - Parameter lookUp: blocks, and answers with addresses without a port.
  init(lookUp: @escaping @Sendable (String) throws -> [SocketAddress] = NameLookups.systemAddresses) {
    self.lookUp = lookUp
    pool.start()
  }

  func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
    let promise = eventLoop.makePromise(of: [SocketAddress].self)
    let isFirst = waiting.withLockedValue { waiting in
      waiting[host, default: []].append(promise)
      return waiting[host]?.count == 1
    }
    guard isFirst else { return promise.futureResult }
    pool.submit { [self] state in
      let result = Result { () throws -> [SocketAddress] in
        guard state == .active else { throw ChannelError.ioOnClosedChannel }
        return try lookUp(host)
      }
      for promise in waiting.withLockedValue({ $0.removeValue(forKey: host) }) ?? [] { promise.completeWith(result) }
    }
    return promise.futureResult
  }

  /// Addresses in the order of RFC 6724, as the system gives it.
  @Sendable static func systemAddresses(of host: String) throws -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_protocol = Int32(IPPROTO_TCP)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
      throw RealtimeConnectError(.unreachable, "the name \(host) is not found: \(reason)")
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      switch entry.ai_family {
      case AF_INET: address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { addresses.append(SocketAddress($0.pointee)) }
      case AF_INET6: address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { addresses.append(SocketAddress($0.pointee)) }
      default: continue
      }
    }
    return addresses
  }
}

/// One dial's view of ``NameLookups``.
final class SharedResolver: Resolver, Sendable {
  private let result: EventLoopFuture<[SocketAddress]>

  /// Begins the look-up.
  init(_ lookups: NameLookups = .shared, host: String, on eventLoop: any EventLoop) {
    result = lookups.addresses(of: host, on: eventLoop)
  }

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(port: port) { $0.protocol == .inet } }
  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(port: port) { $0.protocol == .inet6 } }
  /// Its result is of use to others.
  func cancelQueries() {}

  private func addresses(port: Int, where isWanted: @escaping @Sendable (SocketAddress) -> Bool) -> EventLoopFuture<[SocketAddress]> {
    result.map { addresses in
      addresses.filter(isWanted).map { address in
        var address = address
        address.port = port
        return address
      }
    }
  }
}
