import Foundation

/// Memory of this process, from `/proc/self/statm`.
enum ProcessMemory {
  /// Bytes in memory, and those of them that are its own and no file's; nil on a system that does not tell.
  static var resident: (all: Int, own: Int)? {
    guard let pages = FileText.read("/proc/self/statm")?.split(separator: " ").prefix(3).compactMap({ Int($0) }), pages.count == 3
    else { return nil }
    let size = sysconf(CInt(_SC_PAGESIZE))
    return (pages[1] * size, (pages[1] - pages[2]) * size)
  }
}
