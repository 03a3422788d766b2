public import Foundation

/// Source of the embedded index's documents.
public enum DocumentSource: Sendable, Hashable {
  /// A folder, with all below it: `.md`, `.txt`, `.html`, `.csv` and `.tsv`, and what the configuration's converters read, which are `.pdf` and
  /// `.docx` by default. Links are followed, also out of it; hidden files are left out.
  case folder(URL)
  /// Texts by their path, whose ending tells the format.
  case texts([String: String])

  /// A folder by its path, from the root or from the working directory.
  public static func folder(path: String) -> Self { .folder(URL(filePath: path, directoryHint: .isDirectory)) }
}
