import GRDB
import NIOConcurrencyHelpers
import VoiceCore

/// The tables of the embedded index: documents, their passages, and SQLite's FTS5 over the passages' words.
struct IndexDatabase: Sendable {
  /// In memory: reading and writing take turns, each for a few milliseconds.
  private let queue: DatabaseQueue
  private let counted = NIOLockedValueBox(TermFrequencies())

  init() throws {
    queue = try DatabaseQueue()
    try queue.write { db in
      try db.execute(
        sql: """
          CREATE TABLE document (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, modified INTEGER NOT NULL);
          CREATE TABLE passage (
            id INTEGER PRIMARY KEY, document INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, words INTEGER NOT NULL);
          CREATE INDEX passage_document ON passage(document);
          CREATE VIRTUAL TABLE terms USING fts5(title, body, stems, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'");
          CREATE VIRTUAL TABLE vocabulary USING fts5vocab(terms, row);
          """)
    }
  }

  func stamps() async throws -> [String: DocumentFolder.Stamp] {
    try await queue.read { db in
      var stamps: [String: DocumentFolder.Stamp] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT path, bytes, modified FROM document")
      while let row = try rows.next() { stamps[row["path"]] = DocumentFolder.Stamp(bytes: row["bytes"], modified: row["modified"]) }
      return stamps
    }
  }

  /// Takes the documents in, or in the place of those of the same path.
  func insert(_ documents: [IndexedDocument]) async throws {
    try await queue.write { db in
      for document in documents {
        try Self.delete(document.path, db)
        try db.execute(
          literal:
            "INSERT INTO document (path, bytes, modified) VALUES (\(document.path), \(document.stamp.bytes), \(document.stamp.modified))")
        let id = db.lastInsertedRowID
        let passage = try db.cachedStatement(sql: "INSERT INTO passage (document, title, text, words) VALUES (?, ?, ?, ?)")
        let terms = try db.cachedStatement(sql: "INSERT INTO terms (rowid, title, body, stems) VALUES (?, ?, ?, ?)")
        for entry in document.entries {
          try passage.execute(arguments: [id, entry.chunk.title, entry.chunk.text, entry.words])
          try terms.execute(arguments: [db.lastInsertedRowID, entry.title, entry.body, entry.stems])
        }
      }
    }
  }

  func remove(_ paths: [String]) async throws {
    try await queue.write { db in for path in paths { try Self.delete(path, db) } }
  }

  private static func delete(_ path: String, _ db: Database) throws {
    guard let id = try Int64.fetchOne(db, sql: "SELECT id FROM document WHERE path = ?", arguments: [path]) else { return }
    try db.execute(literal: "DELETE FROM terms WHERE rowid IN (SELECT id FROM passage WHERE document = \(id))")
    try db.execute(literal: "DELETE FROM passage WHERE document = \(id)")
    try db.execute(literal: "DELETE FROM document WHERE id = \(id)")
  }

  /// Merges what the writes left in pieces.
  func optimize() async throws {
    try await queue.write { db in try db.execute(sql: "INSERT INTO terms (terms) VALUES ('optimize')") }
  }

  /// As they were when they were counted last.
  var frequencies: TermFrequencies { counted.withLockedValue { $0 } }

  /// Counts in how many passages words stand.
  func count() async throws {
    let found = try await queue.read { db in
      var counts: [String: Int] = [:]
      let rows = try Row.fetchCursor(db, sql: "SELECT term, doc FROM vocabulary WHERE doc > ?", arguments: [TermFrequencies.least])
      while let row = try rows.next() { counts[row["term"]] = row["doc"] }
      return TermFrequencies(counts)
    }
    counted.withLockedValue { $0 = found }
  }

  /// A passage that matches, with the document that it is from.
  struct Match: Sendable {
    let document: Int64
    let passage: Passage
  }

  /// The passages that match best, best first.
  func matches(_ expression: MatchExpression, limit: Int) async throws -> [Match] {
    let score = expression.isRanked ? "bm25(terms, 3.0, 1.0, 0.6)" : "0.0"
    let order = expression.isRanked ? "ORDER BY score" : ""
    return try await queue.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT p.document, d.path, p.title, p.text, hits.score FROM
            (SELECT rowid, \(score) AS score FROM terms WHERE terms MATCH ? \(order) LIMIT ?) AS hits
          JOIN passage p ON p.id = hits.rowid JOIN document d ON d.id = p.document ORDER BY hits.score
          """, arguments: [expression.text, limit]
      ).map { row in
        Match(
          document: row["document"], passage: Passage(text: row["text"], title: row["title"], source: row["path"], score: -row["score"]))
      }
    }
  }

  func counts() async throws -> IndexProgress {
    try await queue.read { db in
      var progress = IndexProgress()
      progress.documents = try Int.fetchOne(db, sql: "SELECT count(*) FROM document") ?? 0
      progress.passages = try Int.fetchOne(db, sql: "SELECT count(*) FROM passage") ?? 0
      progress.words = try Int.fetchOne(db, sql: "SELECT coalesce(sum(words), 0) FROM passage") ?? 0
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      progress.bytes = pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
      return progress
    }
  }
}
