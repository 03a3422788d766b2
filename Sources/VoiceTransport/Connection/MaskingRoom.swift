import NIOConcurrencyHelpers
import NIOPosix

/// Memory in which an event loop's connections mask a frame that is sent at once: one a thread, whatever the number of connections.
final class MaskingRoom {
  /// The largest payload that finds room: a second of audio as Base64.
  static let payloadLimit = 65_536

  let bytes = UnsafeMutableRawPointer.allocate(byteCount: payloadLimit + WebSocketFrameHeader.maxLength, alignment: 64)

  deinit { bytes.deallocate() }

  // A variable of each thread's own: no two threads meet in it.
  private nonisolated(unsafe) static let rooms = ThreadSpecificVariable<MaskingRoom>()

  static var ofThisThread: MaskingRoom {
    if let room = rooms.currentValue { return room }
    let room = MaskingRoom()
    rooms.currentValue = room
    return room
  }
}
