import RAGPrefetch

/// A part of the index that never changes, but for the passages of it that were taken away and the vectors that come later.
struct Segment: Sendable {
  let id: UInt64
  let passages: [IndexedPassage]
  let postings: Postings
  private(set) var isDead: [Bool]
  private(set) var deadCount = 0
  var vectors: VectorRows?

  init(id: UInt64, passages: [IndexedPassage], postings: Postings) {
    self.id = id
    self.passages = passages
    self.postings = postings
    isDead = [Bool](repeating: false, count: passages.count)
  }

  var liveCount: Int { passages.count - deadCount }

  mutating func remove(_ range: Range<Int>) {
    for index in range where !isDead[index] {
      isDead[index] = true
      deadCount += 1
    }
  }

  var memory: Int {
    postings.memory + passages.reduce(0) { $0 + $1.text.utf8.count + 64 } + isDead.count + (vectors?.memory ?? 0)
  }

  static func make(id: UInt64, _ passages: [IndexedPassage], reader: TermReader) -> Segment {
    var builder = Postings.Builder()
    for passage in passages {
      let title = reader.terms(of: TextRun.runs(of: passage.title), in: passage.language, isIndexed: true)
      builder.add(reader.terms(of: TextRun.runs(of: passage.text), in: passage.language, isIndexed: true), titles: title)
    }
    return Segment(id: id, passages: passages, postings: builder.finish())
  }

  /// Merges what is left of several segments into one.
  static func merge(_ segments: [Segment], id: UInt64) -> Segment {
    var builder = Postings.Builder()
    var passages: [IndexedPassage] = []
    var rows: VectorRows.Builder?
    for segment in segments {
      var places: [UInt32?] = []
      for (index, passage) in segment.passages.enumerated() {
        guard !segment.isDead[index] else {
          places.append(nil)
          continue
        }
        places.append(UInt32(passages.count))
        passages.append(passage)
      }
      builder.add(segment.postings, places: places)
      if let vectors = segment.vectors {
        if rows == nil { rows = VectorRows.Builder(dimensions: vectors.dimensions) }
        rows?.add(vectors, places: places)
      }
    }
    var merged = Segment(id: id, passages: passages, postings: builder.finish())
    merged.vectors = rows?.finish(count: passages.count)
    return merged
  }
}
