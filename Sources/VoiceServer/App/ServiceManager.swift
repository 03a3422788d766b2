import Foundation

/// Reports the state of the process to systemd (`Type=notify`, sd_notify(3)); does nothing where no manager asks for it.
struct ServiceManager: Sendable {
  enum State: String, Sendable {
    case ready = "READY=1"
    case stopping = "STOPPING=1"
  }

  /// A path, or a name in the abstract namespace that begins with `@`; nil where the process was not started by a manager.
  private let socketPath: String?

  init(environment: [String: String]) {
    let path = environment["NOTIFY_SOCKET", default: ""]
    socketPath = path.hasPrefix("/") || path.hasPrefix("@") ? path : nil
  }

  /// Sends one datagram. A manager that does not listen is no reason to stop.
  func report(_ state: State) {
    guard let socketPath else { return }
    var address = sockaddr_un()
    var name = Array(socketPath.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    #if canImport(Darwin)
      let descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
    #else
      let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #endif
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // The length counts: a name in the abstract namespace does not end with a zero.
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + name.count)
    let bytes = Array(state.rawValue.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, bytes, bytes.count, 0, $0, length) }
    }
  }
}
