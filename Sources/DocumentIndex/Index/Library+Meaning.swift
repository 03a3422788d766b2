import NIOConcurrencyHelpers
import RAGPrefetch
import VoiceCore

// Vectors of the passages.
extension Library {
  /// Gives each passage that has none its vector: from the file, or else from the model. Answers how many have one.
  func embed(with embeddings: Embeddings, _ report: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) async throws -> Int {
    let total = snapshot.passageCount
    // Twice: the first answer may be what shows that the vectors of all others are of another model.
    for _ in 0..<2 {
      let missing = try await fill(for: embeddings)
      guard !missing.isEmpty else { return total }
      try await embed(missing, of: total, with: embeddings, report)
    }
    return total - (try await fill(for: embeddings).count)
  }

  private func embed(
    _ texts: [String], of total: Int, with embeddings: Embeddings, _ report: @Sendable (_ done: Int, _ total: Int) -> Void
  ) async throws {
    var missing = texts[...]
    var done = total - texts.count
    var size = embeddings.batch
    while !missing.isEmpty {
      try Task.checkCancellation()
      let batch = Array(missing.prefix(size))
      let vectors: [QuantizedVector]
      do { vectors = try await embeddings.vectors(of: batch) } catch let error as RetrievalError where error.code == .timeout && size > 1 {
        // A slow model gets less at a time, since its next try would end the same way.
        size = max(1, size / 4)
        continue
      }
      missing.removeFirst(batch.count)
      try await onQueue { [self] _ in
        let wanted = state.withLockedValue { state in
          adopt(embeddings, &state)
          return state.dimensions.current
        }
        guard let numbers = vectors.first?.values.count, numbers == wanted else {
          throw RetrievalError(.badAnswer, "the embeddings' server answers now one number of dimensions and now another")
        }
        try store.keep(Array(zip(batch, vectors)), model: embeddings.model)
      }
      if !missing.isEmpty, done / 1_024 != (done + batch.count) / 1_024 { _ = try await fill(for: embeddings) }
      done += batch.count
      report(done, total)
    }
  }

  private func fill(for embeddings: Embeddings) async throws -> [String] {
    try await onQueue { [self] _ in
      try state.withLockedValue { state in
        adopt(embeddings, &state)
        return try fillFromStore(&state, embeddings.model)
      }
    }
  }

  /// Warns once where the vectors that are there are of another number of dimensions than the model answers.
  private func adopt(_ embeddings: Embeddings, _ state: inout State) {
    guard state.dimensions.adopt(embeddings.dimensions), let numbers = state.dimensions.current else { return }
    let others = state.writer.snapshot.segments.reduce(0) { count, segment in
      guard let vectors = segment.vectors, vectors.dimensions != numbers else { return count }
      return count + segment.passages.indices.count { !segment.isDead[$0] && vectors.has($0) }
    }
    if others > 0 { embeddings.warn(ofOtherDimensions: others, now: numbers) }
  }

  /// Answers the texts that no vector of the model's dimensions is known of, each once.
  private func fillFromStore(_ state: inout State, _ model: String) throws -> [String] {
    var missing: [String] = []
    var seen: Set<String> = []
    for segment in state.writer.snapshot.segments {
      let current = state.dimensions.current
      var wanted = current ?? segment.vectors?.dimensions
      let isOld = segment.vectors?.dimensions != wanted
      let rows = segment.passages.indices.filter { !segment.isDead[$0] && (isOld || segment.vectors?.has($0) != true) }
      guard !rows.isEmpty else { continue }
      var found: [(passage: Int, vector: QuantizedVector)] = []
      for row in rows {
        let text = segment.passages[row].embedded
        let vector = try store.vector(of: text, model: model)
        wanted = wanted ?? vector?.values.count
        if let vector, vector.values.count == wanted {
          found.append((row, vector))
        } else if vector == nil || current != nil, seen.insert(text).inserted {
          missing.append(text)
        }
      }
      state.writer.set(found, of: segment.id)
    }
    publish(state)
    return missing
  }
}

extension IndexedPassage {
  /// Text for the model: headings tell what the text is about.
  fileprivate var embedded: String { title.isEmpty ? text : title + "\n" + text }
}
