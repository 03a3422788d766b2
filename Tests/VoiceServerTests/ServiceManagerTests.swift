import Foundation
import Testing

@testable import VoiceServer

@Suite struct ServiceManagerTests {
  /// A datagram socket bound to a path or, with `@`, to a name in the abstract namespace.
  private final class Listener {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

    init(_ name: String) {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let length = socklen_t(2 + bytes.count)
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
    }

    deinit { close(descriptor) }

    func received() -> String? {
      var buffer = [UInt8](repeating: 0, count: 64)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
  }

  @Test func `systemd is told at its socket, by path and in the abstract namespace`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("notify-\(UUID().uuidString.prefix(8))").path
    defer { unlink(path) }
    for name in [path, "@voice-notify-\(UUID().uuidString)"] {
      let listener = Listener(name)
      let manager = ServiceManager(environment: ["NOTIFY_SOCKET": name])
      #expect(listener.received() == nil)
      manager.report(.ready)
      #expect(listener.received() == "READY=1")
      manager.report(.stopping)
      #expect(listener.received() == "STOPPING=1")
    }
  }

  @Test func `without a manager, or with a name that is none, nothing happens`() {
    for environment in [
      [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "vsock:1"], ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 200)],
    ] {
      ServiceManager(environment: environment).report(.ready)
    }
  }
}
