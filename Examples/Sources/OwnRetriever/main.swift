import VoiceCore

/// Finds passages by the words that they share with the question.
struct Shelf: ContextRetriever {
  let passages: [Passage]

  func passages(for query: RetrievalQuery) async throws -> [Passage] {
    let words = Set(query.text.lowercased().split { !$0.isLetter })
    let scored = passages.map { passage in
      var found = passage
      found.score = Double(words.intersection(passage.text.lowercased().split { !$0.isLetter }).count)
      return found
    }
    return Array(scored.filter { $0.score > 0 }.sorted { $0.score > $1.score }.prefix(query.limit))
  }
}

// `dependencies.retriever = Shelf(…)` gives it to a gateway.
let shelf = Shelf(passages: [
  Passage(text: "Parcels arrive within two days.", title: "Delivery"), Passage(text: "The warranty lasts three years.", title: "Warranty"),
])
for passage in try await shelf.passages(for: RetrievalQuery(text: "how long does the warranty last")) {
  print(passage.title ?? "", passage.text)
}
