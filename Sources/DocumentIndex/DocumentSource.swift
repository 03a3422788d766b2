public import Foundation

/// Where the embedded index takes its documents from.
public enum DocumentSource: Sendable, Hashable {
  /// A folder, with all below it: `.md`, `.txt` and `.html`. Hidden files and links out of it are left out.
  case folder(URL)
  /// Texts by their path, whose ending tells the format.
  case texts([String: String])
}
