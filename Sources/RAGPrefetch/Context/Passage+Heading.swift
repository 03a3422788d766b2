package import VoiceCore

extension Passage {
  /// Title and section as one line; nil where there is neither.
  package var heading: String? {
    let parts = [title, section].compactMap(\.self).filter { !$0.isEmpty }
    return parts.isEmpty ? nil : parts.joined(separator: " › ")
  }
}
