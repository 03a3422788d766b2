import Foundation

/// The documents below a folder, as the file system has them. Blocks: not for an event loop.
struct DocumentFolder {
  /// What tells that a file is another than before.
  struct Stamp: Equatable, Sendable {
    var bytes: Int
    /// In nanoseconds since 1970.
    var modified: Int
  }

  let root: URL
  /// A larger file is no document.
  let maxFileBytes: Int

  func stamps() -> [String: Stamp] {
    var stamps: [String: Stamp] = [:]
    let keys: Set<URLResourceKey> = [.isRegularFileKey, .fileSizeKey, .contentModificationDateKey]
    let base = root.standardizedFileURL.path
    guard let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: Array(keys), options: [.skipsHiddenFiles]) else {
      return [:]
    }
    for case let file as URL in files {
      guard DocumentParser.extensions.contains(file.pathExtension.lowercased()),
        let values = try? file.resourceValues(forKeys: keys), values.isRegularFile == true, let bytes = values.fileSize,
        bytes <= maxFileBytes
      else { continue }
      let path = file.standardizedFileURL.path
      guard path.hasPrefix(base) else { continue }
      let relative = String(path.dropFirst(base.count).drop { $0 == "/" })
      stamps[relative] = Stamp(bytes: bytes, modified: Int((values.contentModificationDate?.timeIntervalSince1970 ?? 0) * 1e6) * 1_000)
    }
    return stamps
  }

  /// The text of a file: UTF-8, or else Latin-1. Nil where it cannot be read, or holds no text.
  func text(of path: String) -> String? {
    guard let data = try? Data(contentsOf: root.appending(path: path)), !data.prefix(1_024).contains(0) else { return nil }
    let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
    return String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}
