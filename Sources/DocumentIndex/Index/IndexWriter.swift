import RAGPrefetch

/// Builds the index from documents: a value, whose snapshots queries read.
struct IndexWriter: Sendable {
  private struct Place: Sendable {
    var segment: UInt64
    var range: Range<Int>
  }

  private(set) var snapshot = IndexSnapshot()
  /// Passages by document; a document without text has none.
  private var places: [String: Place?] = [:]
  private var lastID: UInt64 = 0
  /// Segments of about one size that are merged into one.
  private static let fanout = 6

  var documentCount: Int { places.count }
  var paths: some Collection<String> { places.keys }

  /// Takes documents in, each in the place of what its path had before.
  mutating func insert(_ documents: [(path: String, passages: [IndexedPassage])], reader: TermReader) {
    for document in documents { remove(document.path) }
    let passages = documents.flatMap(\.passages)
    for document in documents { places[document.path] = .some(nil) }
    guard !passages.isEmpty else { return }
    lastID += 1
    let segment = Segment.make(id: lastID, passages, reader: reader)
    note(segment)
    snapshot.segments.append(segment)
    snapshot.termCount += segment.postings.lengths.reduce(0) { $0 + Int($1) }
    for passage in passages { snapshot.languages.formUnion(passage.language) }
    compact()
  }

  mutating func remove(_ path: String) {
    guard let place = places.removeValue(forKey: path) ?? nil,
      let index = snapshot.segments.firstIndex(where: { $0.id == place.segment })
    else { return }
    snapshot.segments[index].remove(place.range)
    if snapshot.segments[index].liveCount == 0 { snapshot.segments.remove(at: index) }
  }

  /// - Parameter vectors: by the passage's number in its segment.
  mutating func set(_ vectors: [(passage: Int, vector: QuantizedVector)], of segment: UInt64) {
    guard let index = snapshot.segments.firstIndex(where: { $0.id == segment }), let first = vectors.first else { return }
    let dimensions = first.vector.values.count
    var rows = snapshot.segments[index].vectors
    if rows?.dimensions != dimensions { rows = VectorRows(dimensions: dimensions, count: snapshot.segments[index].passages.count) }
    for (passage, vector) in vectors { rows?.set(passage, to: vector) }
    snapshot.segments[index].vectors = rows
  }

  /// Merges segments of about one size, so that there are few of them, and those whose passages are mostly gone.
  private mutating func compact() {
    while true {
      let tiers = Dictionary(grouping: snapshot.segments) { Self.tier($0.liveCount) }
      let many = tiers.filter { $0.value.count >= Self.fanout }.min { $0.key < $1.key }?.value
      guard let merged = many ?? snapshot.segments.first(where: { $0.deadCount > $0.liveCount }).map({ [$0] }) else { return }
      lastID += 1
      let ids = Set(merged.map(\.id))
      let segment = Segment.merge(merged, id: lastID)
      snapshot.segments.removeAll { ids.contains($0.id) }
      note(segment)
      snapshot.segments.append(segment)
      snapshot.termCount = snapshot.segments.reduce(0) { $0 + $1.postings.lengths.reduce(0) { $0 + Int($1) } }
    }
  }

  /// Passages of a document stand side by side.
  private mutating func note(_ segment: Segment) {
    var start = 0
    while start < segment.passages.count {
      let path = segment.passages[start].path
      var end = start + 1
      while end < segment.passages.count, segment.passages[end].path == path { end += 1 }
      places[path] = .some(Place(segment: segment.id, range: start..<end))
      start = end
    }
  }

  private static func tier(_ count: Int) -> Int {
    var (tier, limit) = (0, 64)
    while count > limit {
      tier += 1
      limit *= fanout
    }
    return tier
  }
}
