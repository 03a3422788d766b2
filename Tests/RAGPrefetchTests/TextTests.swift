import RAGPrefetch
import Testing

struct TextTests {
  @Test(arguments: [
    ("Mở CỬA", "mo cua"), ("Ώρες λειτουργίας", "ωρεσ λειτουργιασ"), ("Йод", "иод"), ("И\u{306}од", "иод"),
    ("straße ŒUF Øre", "strasse oeuf ore"),
    ("İstanbul ılık", "istanbul ilik"), ("مُحَمَّد", "محمد"), ("ﬁn ①", "fin 1"), ("ｶﾞｽ ＡＢＣ", "ガス abc"), ("ガ", "カ\u{3099}"),
  ])
  func `letters are folded by Unicode, whatever their script`(_ text: String, _ folded: String) {
    #expect(Folding.folded(text) == Folding.folded(folded))
  }

  @Test func `marks that make another letter stay`() {
    #expect(Folding.folded("नहीं") == "नहीं")
    #expect(Folding.folded("น้ำ") != Folding.folded("นา"))
    #expect(Folding.folded("が") != Folding.folded("か"))
  }

  @Test func `words are between spaces, names with a sign keep it beside`() {
    #expect(TextRun.runs(of: "Don't use C++, or 2.5!").map(\.text) == ["don", "t", "use", "c", "c+", "or", "2", "5"])
  }

  @Test func `scripts without spaces are found by pieces that overlap`() {
    #expect(TextRun.runs(of: "退款政策").flatMap(\.pieces) == ["退", "款", "政", "策", "退款", "款政", "政策"])
    #expect(TextRun.runs(of: "カメラ").flatMap(\.pieces) == ["カメ", "メラ"])
    #expect(TextRun.runs(of: "환불은 언제").flatMap(\.pieces) == ["환불", "불은", "언제"])
    #expect(TextRun.runs(of: "คืนเงิน").flatMap(\.pieces).count == 5)
    #expect(TextRun.runs(of: "ငွေ").map(\.script) == [.unspaced] && TextRun.runs(of: "ប្រាក់").map(\.script) == [.unspaced])
    #expect(TextRun.runs(of: "𠮷野").map(\.script) == [.ideographic] && TextRun.runs(of: "ｶﾒﾗ").flatMap(\.pieces) == ["カメ", "メラ"])
  }

  @Test(arguments: [
    ("which font can I use", "en"), ("quels sont les horaires de la boutique", "fr"), ("wie viele Punkte gab die Verteidigung ab", "de"),
    ("cuántos puntos dejaron escapar en defensa", "es"), ("quante persone sono state", "it"), ("сколько очков набрала команда", "ru"),
    ("πόσους πόντους έχασε η άμυνα", "el"), ("كم عدد النقاط", "ar"), ("कितने अंक दिए", "hi"), ("bao nhiêu điểm đã được ghi", "vi"),
    ("câte puncte a cedat apărarea", "ro"), ("savunma kaç puan bıraktı ve neden", "tr"),
  ])
  func `a question tells its language by its commonest words or its script`(_ text: String, _ code: String) {
    let words = TextRun.runs(of: text).map { Folding.folded($0.text) }
    #expect(Languages.likely(for: words).codes.contains(code))
  }

  @Test func `a word is common in the language that is spoken, not in another`() {
    #expect(!StopWords.contains("font", in: Languages(code: "en")!))
    #expect(StopWords.contains("font", in: Languages(code: "fr")!))
    #expect(!StopWords.contains("comment", in: Languages(code: "en-GB")!))
  }
}
