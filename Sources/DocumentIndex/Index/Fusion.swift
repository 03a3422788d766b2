/// Words and meaning as one score: a weighted sum, which keeps apart what is far apart, as fusion by rank does not.
///
/// "An Analysis of Fusion Functions for Hybrid Retrieval", Bruch, Gai and Ingber, 2023.
enum Fusion {
  struct Hit: Sendable, Equatable {
    var segment: Int
    var passage: Int
    var words: Double
    /// The cosine.
    var meaning: Double?
    /// 0 to 1.
    var score: Double
  }

  private static let wordShare = 0.6
  /// Cosines are looked at by this many rows for what is usual.
  private static let sample = 512

  /// The best of both, best first.
  static func fuse(_ words: [WordSearch.Hit], with vector: QuantizedVector, in snapshot: IndexSnapshot, limit: Int) -> [Hit] {
    let cosines = snapshot.segments.map { $0.vectors.map { VectorSearch.cosines(of: vector, in: $0) } ?? [] }
    let floor = usual(cosines, snapshot)
    var wordScores: [[Int: Double]] = snapshot.segments.map { _ in [:] }
    for hit in words { wordScores[hit.segment][hit.passage] = hit.score }
    var hits: [Hit] = []
    for (number, segment) in snapshot.segments.enumerated() {
      let cosines = cosines[number]
      var chosen = Set(wordScores[number].keys)
      chosen.formUnion(best(cosines, segment, limit: limit))
      for passage in chosen {
        let byWords = wordScores[number][passage] ?? 0
        guard passage < cosines.count, segment.vectors?.has(passage) == true else {
          hits.append(Hit(segment: number, passage: passage, words: byWords, meaning: nil, score: byWords))
          continue
        }
        let cosine = Double(cosines[passage])
        // What is usual for a model says nothing: 0.05 for one, 0.75 for another.
        let meaning = min(1, max(0, 1.3 * (cosine - floor) / (1 - floor)))
        let score = wordShare * byWords + (1 - wordShare) * meaning
        hits.append(Hit(segment: number, passage: passage, words: byWords, meaning: cosine, score: score))
      }
    }
    return Array(hits.sorted { ($1.score, $0.segment, $0.passage) < ($0.score, $1.segment, $1.passage) }.prefix(limit))
  }

  /// The cosine that a quarter of the passages stays below: of those that have nothing to do with the question.
  private static func usual(_ cosines: [[Float]], _ snapshot: IndexSnapshot) -> Double {
    var seen: [Float] = []
    for (cosines, segment) in zip(cosines, snapshot.segments) where !cosines.isEmpty {
      for passage in stride(from: 0, to: cosines.count, by: max(1, cosines.count / sample)) where segment.vectors?.has(passage) == true {
        seen.append(cosines[passage])
      }
    }
    // Of a few passages all may be about the same.
    guard seen.count >= 20 else { return 0.1 }
    return Double(min(0.9, max(0, seen.sorted()[seen.count / 4])))
  }

  private static func best(_ cosines: [Float], _ segment: Segment, limit: Int) -> [Int] {
    var found: [(passage: Int, cosine: Float)] = []
    var least: Float = 0
    for (passage, cosine) in cosines.enumerated() where cosine > least && !segment.isDead[passage] {
      found.append((passage, cosine))
      guard found.count >= 8 * limit else { continue }
      found.sort { $0.cosine > $1.cosine }
      found.removeLast(found.count - limit)
      least = found.last?.cosine ?? 0
    }
    return found.sorted { $0.cosine > $1.cosine }.prefix(limit).map(\.passage)
  }
}
