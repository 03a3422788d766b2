/// A document with its passages, as it is kept.
struct StoredDocument: Sendable, Equatable {
  let path: String
  let stamp: DocumentFolder.Stamp
  var passages: [IndexedPassage]
}
