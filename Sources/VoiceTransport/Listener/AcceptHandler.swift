import Foundation
package import NIOCore

/// Stands first in a listening channel: holds accepted connections to their bounds, and pauses while the system has no descriptor left.
///
/// A socket that stays readable would otherwise be asked again and again by the selector, whatever delays the next read.
package final class AcceptHandler: ChannelInboundHandler {
  package typealias InboundIn = any Channel
  package typealias InboundOut = any Channel

  /// Warnings for the operator, each at most once a minute.
  package enum Notice: Sendable, Equatable {
    /// The system or this process has no file descriptor, or no memory, for one more connection.
    case outOfDescriptors
    /// Connections were closed as they were accepted; this many since the last notice.
    case refused(Int)
  }

  private static let pause = TimeAmount.seconds(1)
  private static let noticeInterval = TimeAmount.minutes(1)

  private var counter: AcceptCounter
  private let isExempt: @Sendable (SocketAddress) -> Bool
  private let report: @Sendable (Notice) -> Void
  private var isPaused = false
  private var refused = 0
  private var nextRefusalNotice = NIODeadline.uptimeNanoseconds(0)
  private var nextDescriptorNotice = NIODeadline.uptimeNanoseconds(0)

  /// - Parameter isExempt: whether an address, such as a reverse proxy's, may have any number of connections.
  package init(
    limits: AcceptLimits, isExempt: @escaping @Sendable (SocketAddress) -> Bool = { _ in false },
    report: @escaping @Sendable (Notice) -> Void = { _ in }
  ) {
    counter = AcceptCounter(limits: limits)
    self.isExempt = isExempt
    self.report = report
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let child = unwrapInboundIn(data)
    let address = child.remoteAddress
    let network = address.map(isExempt) == true ? nil : ClientNetwork(address)
    guard counter.enter(network) else {
      child.close(promise: nil)
      refused += 1
      if isDue(&nextRefusalNotice, context) {
        report(.refused(refused))
        refused = 0
      }
      return
    }
    child.closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { [self] _ in counter.leave(network) }
    context.fireChannelRead(data)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
      return context.fireErrorCaught(error)
    }
    if isDue(&nextDescriptorNotice, context) { report(.outOfDescriptors) }
    guard !isPaused else { return }
    isPaused = true
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
      isPaused = false
      try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }

  private func isDue(_ next: inout NIODeadline, _ context: ChannelHandlerContext) -> Bool {
    let now = context.eventLoop.now
    guard now >= next else { return false }
    next = now + Self.noticeInterval
    return true
  }
}
