import Logging

/// Lines about the index for the log: what changed, once.
struct IndexLog {
  let logger: Logger
  private var isFirst = true
  private var lastFailure: String?
  private var named: Set<String> = []

  init(logger: Logger) { self.logger = logger }

  static func reporter(_ logger: Logger) -> @Sendable (IndexProgress) -> Void {
    { progress in
      if progress.vectorsWanted > 0 {
        logger.info("embedded \(progress.vectors) of \(progress.vectorsWanted) passages")
      } else if progress.total >= 1_000, progress.done % 1_000 < 64 {
        logger.info("indexed \(progress.done) of \(progress.total) documents")
      }
    }
  }

  mutating func refreshed(_ index: IndexProgress, in time: Duration) {
    lastFailure = nil
    if index.total > 0 || isFirst {
      logger.info("index: \(index.documents) documents, \(index.passages) passages, \(Int(time / .milliseconds(1))) ms")
    }
    if isFirst, index.documents == 0 {
      logger.warning("the index is empty: RAG_DOCUMENTS holds no document (\(DocumentParser.endings))")
    }
    isFirst = false
    for problem in index.leftOut where named.insert(problem.description).inserted {
      logger.warning("document left out: \(problem)", metadata: ["document": "\(problem.path)"])
    }
    for guess in index.guesses {
      logger.warning(
        "charset \(guess.charset) of \(guess.path) is not known: it is indexed as windows-1252; save it as UTF-8",
        metadata: ["document": "\(guess.path)"])
    }
    for repair in index.repairs { logger.warning("document repaired: \(repair)", metadata: ["document": "\(repair.path)"]) }
    // A file that can be read again is worth a line when it fails the next time.
    named.formIntersection(index.leftOut.map(\.description))
  }

  mutating func failed(_ error: any Error) {
    let line = "\(error)"
    if line != lastFailure { logger.error("indexing failed, the index stays as it was: \(line)") }
    lastFailure = line
  }
}
