import Foundation

/// Small files that settings name, read whole at the start.
enum FileText {
  static func isReadable(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
      && FileManager.default.isReadableFile(atPath: path)
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// PEM, given as the text or as the path of a file that holds it; nil without `marker`. A platform may flatten the text: `\n` stands for
  /// a line break.
  static func pem(_ text: String, holding marker: String) -> String? {
    guard !text.contains(marker) else { return text.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n") }
    return read(text).flatMap { $0.contains(marker) ? $0 : nil }
  }

  /// Says why a path cannot be read as text, by its name; nil if it can.
  static func fault(_ path: String) -> String? {
    if !FileManager.default.fileExists(atPath: path) { return "\(path) is not there" }
    if isDirectory(path) { return "\(path) is a folder" }
    if !isReadable(path) { return "\(path) may not be read by this user" }
    return read(path) == nil ? "\(path) is not UTF-8 text" : nil
  }

  /// Nil when it cannot be read or is not UTF-8.
  static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).flatMap { String(data: $0, encoding: .utf8) }
  }
}
