import NIOConcurrencyHelpers
import NIOCore

/// The accepted channels that are still open.
final class ChildChannels: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosed = false
  }

  private let state = NIOLockedValueBox(State())

  var count: Int { state.withLockedValue { $0.channels.count } }

  /// False when everything is being closed already.
  func add(_ channel: any Channel) -> Bool {
    let id = ObjectIdentifier(channel)
    let isAdded = state.withLockedValue { state in
      if !state.isClosed { state.channels[id] = channel }
      return !state.isClosed
    }
    if isAdded { channel.closeFuture.whenComplete { [weak self] _ in self?.remove(id) } }
    return isAdded
  }

  func closeAll() {
    let channels = state.withLockedValue { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
  }

  private func remove(_ id: ObjectIdentifier) { state.withLockedValue { $0.channels[id] = nil } }
}
