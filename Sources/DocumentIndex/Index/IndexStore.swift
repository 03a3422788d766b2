import Foundation
import GRDB
import RAGPrefetch
import VoiceCore

/// SQLite on disk: documents with their passages, and vectors by the model and the text that they are of.
struct IndexStore: Sendable {
  private let queue: DatabaseQueue
  /// False in memory: the documents are in the index already, and are not kept twice.
  private let keepsDocuments: Bool

  /// - Parameter file: nil: in memory.
  init(file: String?) throws {
    keepsDocuments = file != nil
    queue = try file.map { try DatabaseQueue(path: $0) } ?? DatabaseQueue()
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    }
    try queue.write { db in
      // Of another version: made anew from the documents.
      if try Int.fetchOne(db, sql: "PRAGMA user_version") != Self.version {
        try db.execute(sql: "DROP TABLE IF EXISTS passage; DROP TABLE IF EXISTS document")
        try db.execute(sql: "PRAGMA user_version = \(Self.version)")
      }
      try db.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS document (
            id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, modified INTEGER NOT NULL, file INTEGER NOT NULL);
          CREATE TABLE IF NOT EXISTS passage (
            document INTEGER NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, language INTEGER NOT NULL,
            PRIMARY KEY (document, number)) WITHOUT ROWID;
          CREATE TABLE IF NOT EXISTS vector (
            model TEXT NOT NULL, text BLOB NOT NULL, scale REAL NOT NULL, numbers BLOB NOT NULL, PRIMARY KEY (model, text)) WITHOUT ROWID;
          """)
    }
  }

  /// Raised where documents are read otherwise than before: their passages are made anew, and the vectors of texts stay.
  private static let version = 3

  // MARK: Documents

  /// Every document, in batches.
  func documents(batch size: Int, _ body: ([StoredDocument]) throws -> Void) throws {
    guard keepsDocuments else { return }
    try queue.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT d.id, d.path, d.bytes, d.modified, d.file, p.title, p.text, p.language FROM document d
          LEFT JOIN passage p ON p.document = d.id ORDER BY d.id, p.number
          """)
      var batch: [StoredDocument] = []
      var current: (id: Int64, path: String, stamp: DocumentFolder.Stamp, passages: [IndexedPassage])?
      func end() {
        if let current { batch.append(StoredDocument(path: current.path, stamp: current.stamp, passages: current.passages)) }
      }
      while let row = try rows.next() {
        let id: Int64 = row["id"]
        if current?.id != id {
          end()
          if batch.count >= size {
            try body(batch)
            batch = []
          }
          current = (id, row["path"], DocumentFolder.Stamp(bytes: row["bytes"], modified: row["modified"], file: row["file"]), [])
        }
        guard let text: String = row["text"], let path = current?.path else { continue }
        let language = Languages(rawValue: UInt32(truncatingIfNeeded: row["language"] as Int64))
        current?.passages.append(IndexedPassage(path: path, title: row["title"], text: text, language: language))
      }
      end()
      try body(batch)
    }
  }

  /// Keeps the documents, each in the place of what its path had before.
  func insert(_ documents: [StoredDocument]) throws {
    guard keepsDocuments else { return }
    try queue.write { db in
      let passage = try db.makeStatement(sql: "INSERT INTO passage (document, number, title, text, language) VALUES (?, ?, ?, ?, ?)")
      for document in documents {
        try Self.delete(document.path, db)
        let stamp = document.stamp
        try db.execute(
          sql: "INSERT INTO document (path, bytes, modified, file) VALUES (?, ?, ?, ?)",
          arguments: [document.path, stamp.bytes, stamp.modified, stamp.file])
        let id = db.lastInsertedRowID
        for (number, entry) in document.passages.enumerated() {
          try passage.execute(arguments: [id, number, entry.title, entry.text, Int64(entry.language.rawValue)])
        }
      }
    }
  }

  func remove(_ paths: [String]) throws {
    guard keepsDocuments else { return }
    try queue.write { db in for path in paths { try Self.delete(path, db) } }
  }

  private static func delete(_ path: String, _ db: Database) throws {
    guard let id = try Int64.fetchOne(db, sql: "SELECT id FROM document WHERE path = ?", arguments: [path]) else { return }
    try db.execute(sql: "DELETE FROM passage WHERE document = ?", arguments: [id])
    try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [id])
  }

  // MARK: Vectors

  private static func name(of text: String) -> Data { Data(SHA256.hash(Array(text.utf8))) }

  func vector(of text: String, model: String) throws -> QuantizedVector? {
    try queue.read { db in
      let statement = try db.cachedStatement(sql: "SELECT scale, numbers FROM vector WHERE model = ? AND text = ?")
      return try Row.fetchOne(statement, arguments: [model, Self.name(of: text)]).map { row in
        let bytes: Data = row["numbers"]
        return QuantizedVector(values: bytes.map { Int8(bitPattern: $0) }, scale: Float(row["scale"] as Double))
      }
    }
  }

  func keep(_ vectors: [(text: String, vector: QuantizedVector)], model: String) throws {
    try queue.write { db in
      let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO vector (model, text, scale, numbers) VALUES (?, ?, ?, ?)")
      for (text, vector) in vectors {
        let bytes = Data(vector.values.map { UInt8(bitPattern: $0) })
        try statement.execute(arguments: [model, Self.name(of: text), Double(vector.scale), bytes])
      }
    }
  }
}
