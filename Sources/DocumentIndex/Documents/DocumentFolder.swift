import Foundation
import VoiceCore

/// The documents below a folder, as the file system has them. Blocks: not for an event loop.
///
/// Links are followed, as Kubernetes mounts ConfigMaps by them; each file counts once, however many names lead to it.
struct DocumentFolder {
  /// A file is another than before where one of these differs.
  struct Stamp: Equatable, Sendable {
    var bytes: Int
    /// Time of modification in nanoseconds since 1970.
    var modified: Int
    /// The file's number in its file system: another one where a link was put elsewhere.
    var file: Int
  }

  struct Listing: Sendable {
    /// Files by path below the root.
    var stamps: [String: Stamp] = [:]
    /// Folders and files that are there and could not be looked at: what was known of them stays.
    var unreadable: [String] = []
    var leftOut: [IndexProgress.LeftOut] = []

    func keeps(_ path: String) -> Bool { unreadable.contains { path == $0 || path.hasPrefix($0 + "/") } }
  }

  let root: URL
  /// A larger file is no document.
  let maxFileBytes: Int
  var converters: [String: DocumentConverter] = [:]

  private func isDocument(_ name: String) -> Bool {
    let ending = DocumentParser.ending(of: name)
    return DocumentParser.extensions.contains(ending) || converters[ending] != nil
  }

  /// - Throws: ``RetrievalError`` where the root cannot be read.
  func listing() throws -> Listing {
    var listing = Listing()
    // A link to the root itself is a loop.
    var seen: Set<FileID> = []
    var status = stat()
    if stat(root.path, &status) == 0 { seen.insert(FileID(device: UInt64(status.st_dev), file: UInt64(status.st_ino))) }
    do { try look(into: "", &listing, &seen, depth: 0) } catch let error as DocumentError {
      throw RetrievalError(.unreachable, "the folder \(root.path) cannot be read: \(error.reason)")
    }
    return listing
  }

  private struct FileID: Hashable {
    let device: UInt64
    let file: UInt64
  }
  /// Deeper is a loop that the numbers of files did not show.
  private static let deepest = 64

  private func look(into folder: String, _ listing: inout Listing, _ seen: inout Set<FileID>, depth: Int) throws {
    guard let handle = opendir(absolute(folder)) else { throw DocumentError(reason: Self.lastError) }
    defer { closedir(handle) }
    var names: [(name: String, isLink: Bool)] = []
    while true {
      errno = 0
      guard let entry = readdir(handle) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append((name, entry.pointee.d_type == DT_LNK)) }
    }
    // A folder that was read in part says nothing of what is gone.
    guard errno == 0 else { throw DocumentError(reason: Self.lastError) }
    // A file's own name goes before a link to it.
    for (name, _) in names.sorted(by: { ($0.isLink ? 1 : 0, $0.name) < ($1.isLink ? 1 : 0, $1.name) }) {
      let path = folder.isEmpty ? name : folder + "/" + name
      var status = stat()
      guard stat(absolute(path), &status) == 0 else {
        // A link to nothing is no document; anything else may come back.
        if errno != ENOENT { unreadable(path, isDocument(name), &listing) }
        continue
      }
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      guard isFolder || status.st_mode & S_IFMT == S_IFREG && isDocument(name),
        seen.insert(FileID(device: UInt64(status.st_dev), file: UInt64(status.st_ino))).inserted
      else { continue }
      if isFolder {
        guard depth < Self.deepest else { continue }
        do { try look(into: path, &listing, &seen, depth: depth + 1) } catch is DocumentError { unreadable(path, true, &listing) }
      } else if status.st_size > maxFileBytes {
        let reason = "larger than \(maxFileBytes >> 20) MiB"
        listing.leftOut.append(IndexProgress.LeftOut(path: path, reason: reason, isKept: false))
      } else {
        listing.stamps[path] = Stamp(
          bytes: Int(status.st_size), modified: Self.modified(status), file: Int(truncatingIfNeeded: status.st_ino))
      }
    }
  }

  private func unreadable(_ path: String, _ isDocument: Bool, _ listing: inout Listing) {
    guard isDocument else { return }
    listing.unreadable.append(path)
    listing.leftOut.append(IndexProgress.LeftOut(path: path, reason: "cannot be read: \(Self.lastError)", isKept: true))
  }

  /// - Throws: ``DocumentError``.
  func document(at path: String) throws -> SourceDocument {
    let ending = DocumentParser.ending(of: path)
    if let converter = converters[ending], !DocumentParser.extensions.contains(ending) {
      return DocumentParser.parse(try converter.text(of: absolute(path)), path: path, as: converter.format)
    }
    let data: Data
    errno = 0
    do { data = try Data(contentsOf: URL(filePath: absolute(path))) } catch {
      throw DocumentError(reason: "cannot be read: \(Self.lastError)")
    }
    guard let read = DocumentParser.isHTML(path) ? TextEncoding.html(data) : TextEncoding.text(of: data) else {
      throw DocumentError(reason: "is no text", isFinal: true)
    }
    return DocumentParser.parse(read, path: path)
  }

  private func absolute(_ path: String) -> String { path.isEmpty ? root.path : root.path + "/" + path }
  private static var lastError: String { String(cString: strerror(errno)).lowercased() }

  private static func modified(_ status: stat) -> Int {
    #if canImport(Darwin)
      Int(status.st_mtimespec.tv_sec) * 1_000_000_000 + Int(status.st_mtimespec.tv_nsec)
    #else
      Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
    #endif
  }
}
