import Foundation
import RAGPrefetch

/// BM25 over the terms of a snapshot, with a bonus for words that stand side by side as they were asked.
///
/// "The Probabilistic Relevance Framework: BM25 and Beyond", Robertson and Zaragoza, 2009.
struct WordSearch {
  struct Hit: Sendable, Equatable {
    /// Segments of the snapshot.
    var segment: Int
    var passage: Int
    /// 0 to 1: how much of what the question's words say this passage has.
    var score: Double
  }

  private static let saturation: Float = 1.2
  private static let lengthShare: Float = 0.75
  /// A term that stands in a longer one.
  private static let partWeight: Float = 0.5
  private static let adjacency: Float = 0.3
  /// A word of Vietnamese is two syllables as often as not.
  private static let tonalAdjacency: Float = 0.6
  /// Longer terms that one term may stand in.
  private static let mostParts = 64
  private static let shortestBeginning = 5
  /// Passages whose order of words is looked at.
  private static let reread = 24

  let snapshot: IndexSnapshot
  let question: WordQuestion
  let reader: TermReader

  /// Lists of one word in one segment, whose passages share a weight.
  private struct List {
    var range: Range<Int>
    var weight: Float
  }

  /// The best passages, best first.
  func hits(limit: Int) -> [Hit] {
    let passages = Float(snapshot.segments.reduce(0) { $0 + $1.passages.count })
    guard question.hasContent, passages > 0 else { return [] }
    let averageLength = max(1, Float(snapshot.termCount) / passages)
    var scores = snapshot.segments.map { [Float](repeating: 0, count: $0.passages.count) }
    var seen: Set<[String]> = []
    var total: Float = 0
    var rarities: [Float] = []
    for word in question.words {
      let (lists, rarity) = lists(of: word, passages: passages)
      rarities.append(rarity)
      guard seen.insert(word.terms).inserted else { continue }
      // What is relevant is a matter of the words that say what is meant.
      if !word.isCommon { total += rarity }
      for (number, lists) in lists.enumerated() where !lists.isEmpty {
        Self.add(lists, of: snapshot.segments[number].postings, averageLength: averageLength, to: &scores[number])
      }
    }
    guard total > 0 else { return [] }
    var best = top(scores, limit: max(limit, Self.reread))
    addAdjacency(to: &best, rarities: rarities)
    return best.sorted { $0.score > $1.score }.prefix(limit).map {
      Hit(segment: $0.segment, passage: $0.passage, score: 1 - exp(-$0.score / Double(total)))
    }
  }

  /// Postings by segment, and the weight of the word by the number of its passages.
  private func lists(of word: WordQuestion.Word, passages: Float) -> (lists: [[List]], rarity: Float) {
    var whole: [[Range<Int>]] = []
    var parts: [[Range<Int>]] = []
    for segment in snapshot.segments {
      let table = segment.postings.terms
      var found: [Range<Int>] = []
      var longer: Set<Int> = []
      for term in word.terms {
        let index = table.index(of: term)
        if let index { found.append(segment.postings.range(of: index)) }
        guard word.isExpanded, term.utf8.count >= 4 else { continue }
        longer.formUnion(table.indices(beginningWith: term, limit: Self.mostParts))
        longer.formUnion(table.indices(endingWith: term, limit: Self.mostParts))
      }
      whole.append(found)
      parts.append(longer.map { segment.postings.range(of: $0) })
    }
    if word.isExpanded, whole.allSatisfy(\.isEmpty), parts.allSatisfy(\.isEmpty) { parts = beginnings(of: word) }
    let wholeCount = min(passages, Float(whole.joined().reduce(0) { $0 + $1.count }))
    let allCount = min(passages, wholeCount + Float(parts.joined().reduce(0) { $0 + $1.count }))
    // One of the commonest words says no more where few passages happen to have it.
    let most: Float = word.isCommon ? 1 : .infinity
    let rarity = min(most, Self.rarity(wholeCount > 0 ? wholeCount : allCount, of: passages))
    let partWeight = word.weight * Self.partWeight * Self.rarity(allCount, of: passages)
    let lists = zip(whole, parts).map { whole, parts in
      whole.map { List(range: $0, weight: word.weight * rarity) }
        + parts.map { List(range: $0, weight: partWeight) }
    }
    return (lists, rarity)
  }

  /// Terms with the same beginning, for a word that stands nowhere: another form of it, as it may be.
  private func beginnings(of word: WordQuestion.Word) -> [[Range<Int>]] {
    guard let term = word.terms.first, term.count > Self.shortestBeginning else { return snapshot.segments.map { _ in [] } }
    let beginning = String(term.prefix(max(Self.shortestBeginning, term.count * 2 / 3)))
    return snapshot.segments.map { segment in
      let table = segment.postings.terms
      let found = table.indices(beginningWith: beginning, limit: Self.mostParts) + [table.index(of: beginning)].compactMap(\.self)
      return found.map { segment.postings.range(of: $0) }
    }
  }

  private static func rarity(_ count: Float, of passages: Float) -> Float { log(1 + (passages - count + 0.5) / (count + 0.5)) }

  /// A passage with several forms of a word has the best of them.
  private static func add(_ lists: [List], of postings: Postings, averageLength: Float, to scores: inout [Float]) {
    let fixed = saturation * (1 - lengthShare)
    let perTerm = saturation * lengthShare / averageLength
    postings.passages.withUnsafeBufferPointer { passages in
      postings.frequencies.withUnsafeBufferPointer { frequencies in
        postings.lengths.withUnsafeBufferPointer { lengths in
          func value(_ index: Int, _ weight: Float) -> Float {
            let frequency = Float(frequencies[index])
            return weight * frequency * (saturation + 1) / (frequency + fixed + perTerm * Float(lengths[Int(passages[index])]))
          }
          if lists.count == 1, let list = lists.first {
            scores.withUnsafeMutableBufferPointer { scores in
              for index in list.range { scores[Int(passages[index])] += value(index, list.weight) }
            }
            return
          }
          var best = [Float](repeating: 0, count: scores.count)
          var touched: [Int] = []
          for list in lists {
            for index in list.range {
              let passage = Int(passages[index])
              if best[passage] == 0 { touched.append(passage) }
              best[passage] = max(best[passage], value(index, list.weight))
            }
          }
          for passage in touched { scores[passage] += best[passage] }
        }
      }
    }
  }

  private func top(_ scores: [[Float]], limit: Int) -> [Hit] {
    var best: [Hit] = []
    var least: Float = 0
    for (number, scores) in scores.enumerated() {
      let isDead = snapshot.segments[number].isDead
      for (passage, score) in scores.enumerated() where score > least && !isDead[passage] {
        best.append(Hit(segment: number, passage: passage, score: Double(score)))
        if best.count >= 8 * limit {
          best.sort { $0.score > $1.score }
          best.removeLast(best.count - limit)
          least = Float(best.last?.score ?? 0)
        }
      }
    }
    return Array(best.sorted { $0.score > $1.score }.prefix(limit))
  }

  /// Neighbours in the question that are neighbours in the passage say more than both by themselves.
  private func addAdjacency(to hits: inout [Hit], rarities: [Float]) {
    guard question.words.count > 1 else { return }
    var places: [String: [Int]] = [:]
    for (place, word) in question.words.enumerated() {
      for term in word.terms where places[term]?.last != place { places[term, default: []].append(place) }
    }
    for index in hits.indices.prefix(Self.reread) {
      let passage = snapshot.segments[hits[index].segment].passages[hits[index].passage]
      var pairs: Set<Int> = []
      var before: [Int] = []
      for term in reader.terms(of: TextRun.runs(of: passage.text), in: passage.language) {
        let now = places[term] ?? []
        for place in now where before.contains(place - 1) { pairs.insert(place) }
        before = now
      }
      let adjacency = passage.language == TermReader.tonal ? Self.tonalAdjacency : Self.adjacency
      for place in pairs { hits[index].score += Double(adjacency * (rarities[place - 1] + rarities[place]) / 2) }
    }
  }
}
