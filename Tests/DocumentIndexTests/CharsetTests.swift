import Foundation
import Logging
import RAGPrefetch
import Testing
import VoiceCore
import VoiceTesting

@testable import DocumentIndex

struct CharsetTests {
  @Test(arguments: [
    (#"<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">"#, "windows-1251"),
    ("<META CHARSET='KOI8-R'/>", "koi8-r"),
    ("<meta content='text/html;charset=iso-8859-2'>", "iso-8859-2"),
    ("<?xml version='1.0' encoding=\"windows-1250\"?><html>", "windows-1250"),
    ("<!-- <meta charset=gbk> --><meta name=a content=b><meta charset=big5>", "big5"), ("<p>charset=none</p>", nil),
    ("<meta charset=''>", nil),
  ])
  func `an HTML document tells its charset`(_ html: String, _ name: String?) { #expect(HTMLCharset.declared(in: Data(html.utf8)) == name) }

  @Test(arguments: [
    ("windows-1251", [0xCF, 0xF0, 0xE0, 0xE2, 0xE8, 0xEB, 0xE0] as [UInt8], "Правила"),
    ("koi8-r", [0xF0, 0xD2, 0xC1, 0xD7, 0xC9, 0xCC, 0xC1], "Правила"),
    ("iso-8859-5", [0xBF, 0xE0, 0xD0, 0xD2, 0xD8, 0xDB, 0xD0], "Правила"), ("windows-1250", [0x9C, 0xB3, 0xB9], "śłą"),
    ("iso-8859-2", [0xB6, 0xB3, 0xB1], "śłą"), ("windows-1253", [0xE1, 0xD2, 0xE2], "α\u{FFFD}β"),
    ("iso-8859-9", [0xFE, 0xF0, 0x80], "şğ€"),
    ("iso-8859-15", [0xA4, 0xBD], "€œ"), ("windows-1252", [0x80, 0x9C], "€œ"), ("latin1", [0xE9], "é"),
    ("shift_jis", [0x93, 0xFA, 0x96, 0x7B], "日本"),
    ("tis-620", [0xCA, 0xD4, 0xB9, 0xA4, 0xE9, 0xD2], "สินค้า"), ("euc-jp", [0xCA, 0xD6, 0xC9, 0xCA, 0x8E, 0xB1, 0xA4, 0xCE], "返品ｱの"),
    ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x4A, 0x56, 0x49, 0x4A, 0x1B, 0x28, 0x42], "返品"),
    ("shift_jis", [0x93, 0xFA, 0x96, 0x7B, 0xFF, 0x0A, 0x93, 0xFA], "日本\u{FFFD}\n日"),
    ("gbk", [0xC4, 0xE3, 0xBA, 0xC3], "你好"), ("big5", [0xA7, 0x41, 0xA6, 0x6E], "你好"), ("euc-kr", [0xBE, 0xC8, 0xB3, 0xE7], "안녕"),
  ])
  func `a document is read by its charset`(_ name: String, _ bytes: [UInt8], _ text: String) {
    let read = TextEncoding.html(Data("<meta charset=\(name)>".utf8) + Data(bytes))
    #expect(read?.text.hasSuffix(">" + text) == true && read?.unknownCharset == nil)
  }

  @Test func `UTF-8 is read as such, whatever is declared`() {
    let read = TextEncoding.html(Data("<meta charset=x-unknown>Правила".utf8))
    #expect(read?.text.hasSuffix("Правила") == true && read?.unknownCharset == nil)
  }

  @Test func `a document of an unknown charset is indexed, and named once in the log`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voice-rag-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try (Data("<meta charset=X-Klingon><p>Caf".utf8) + Data([0xE9]) + Data(" of the platypus.".utf8)).write(
      to: folder.appending(path: "a.html"))
    try Data("<meta charset=windows-1251><p>The quoll.".utf8).write(to: folder.appending(path: "b.html"))
    let recording = RecordingLog()
    let index = try EmbeddedIndex(.folder(folder), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    var log = IndexLog(logger: recording.logger)
    let held = try await index.refresh()
    #expect(held.documents == 2 && held.guesses == [IndexProgress.Guess(path: "a.html", charset: "x-klingon")])
    #expect(try await index.passages(for: RetrievalQuery(text: "platypus")).map(\.text) == ["Café of the platypus."])
    log.refreshed(held, in: .zero)
    log.refreshed(try await index.refresh(), in: .zero)
    let warnings = recording.messages.filter { $0.contains("x-klingon") }
    #expect(warnings.count == 1 && warnings.first?.contains("a.html") == true)
  }

  @Test(
    arguments: [
      ([0x41, 0xFF], nil, 0), ([0xC3, 0xA9, 0xC3, 0xA8, 0xFF, 0x61], nil, 1), ([0xEF, 0xBB, 0xBF, 0x61, 0xFF, 0xC3], nil, 2),
      ([0xEF, 0xBF, 0xBD], nil, 0), ([0xFF, 0xFE, 0x61, 0, 0, 0xD8, 0x62, 0], nil, 2), ([0xE1, 0xD2, 0xE2], "windows-1253", 1),
      ([0x93, 0xFA, 0x96, 0x7B, 0xFF, 0x0A, 0x93, 0xFA], "shift_jis", 1), ([0xCF, 0xF0], "windows-1251", 0),
    ] as [([UInt8], String?, Int)])
  func `bytes that are of no character are counted in every encoding`(_ bytes: [UInt8], _ charset: String?, _ broken: Int) {
    #expect(TextEncoding.text(of: Data(bytes), charset: charset.flatMap(Charset.init))?.brokenBytes == broken)
  }

  @Test func `a document whose text was repaired is told once, with its file, the number of bytes and what to do`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voice-rag-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try (Data("Le café du platypus est fermé, où ?".utf8) + Data([0xFF, 0xFE])).write(to: folder.appending(path: "a.txt"))
    try Data("Le café du quoll.".utf8).write(to: folder.appending(path: "b.txt"))
    try (Data("text of the dingo: é è ".utf8) + Data([0xFF])).write(to: folder.appending(path: "c.note"))
    let recording = RecordingLog()
    let index = try EmbeddedIndex(
      .folder(folder), configuration: .init(converters: ["note": DocumentConverter(command: ["cat"])]), logger: .init(label: "test"))
    var log = IndexLog(logger: recording.logger)
    for _ in 0..<2 { log.refreshed(try await index.refresh(), in: .zero) }
    let lines = recording.texts(.warning)
    #expect(lines.count == 2)
    #expect(lines.first?.contains("a.txt: ") == true && lines.first?.contains("no text: 2; mend the file, save it as UTF-8") == true)
    #expect(lines.last?.contains("c.note: ") == true && lines.last?.contains("no text: 1; ") == true)
  }
}
