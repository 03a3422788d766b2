import Logging
import Testing
import VoiceCore

@testable import DocumentIndex

/// Questions in scripts without spaces, of which most letters belong to endings and words of questions.
struct UnspacedQuestionTests {
  private static let chinese = ["退货政策为三十天内可以退货,商品须保持原样。", "保修期为两年,自购买之日起计算。", "我们的营业时间是周一至周五上午九点到下午六点。"]
  private static let japanese = ["返品は三十日以内に可能です。商品は未使用に限ります。", "保証期間は購入日から二年間です。", "営業時間は平日の午前九時から午後六時までです。"]
  private static let korean = ["반품은 삼십일 이내에 가능합니다.", "보증 기간은 구매일로부터 이년입니다.", "영업시간은 평일 오전 아홉시부터 오후 여섯시까지입니다."]
  private static let thai = [
    "รับคืนสินค้าภายในสามสิบวัน สินค้าต้องอยู่ในสภาพเดิม", "การรับประกันมีระยะเวลาสองปีนับจากวันที่ซื้อ", "เวลาทำการวันจันทร์ถึงวันศุกร์เก้าโมงถึงหกโมงเย็น",
  ]

  private func found(_ question: String, _ texts: [String]) async throws -> [String] {
    let documents = Dictionary(uniqueKeysWithValues: texts.enumerated().map { ("\($0.offset)", $0.element) })
    let index = try EmbeddedIndex(.texts(documents), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await index.refresh()
    return try await index.passages(for: RetrievalQuery(text: question)).compactMap(\.source)
  }

  @Test(arguments: [
    (chinese, "请问保修期是多长时间", "1"), (chinese, "我可以退货吗", "0"), (chinese, "你们几点开门营业", "2"), (japanese, "返品できますか", "0"),
    (japanese, "保証はどのくらいですか", "1"), (korean, "보증 기간이 얼마나 되나요", "1"), (korean, "반품은 언제까지 할 수 있나요", "0"),
    (thai, "ฉันขอคืนสินค้าได้ไหมครับ", "0"), (thai, "เปิดกี่โมง", "2"),
  ])
  func `endings and words of questions do not count as words that a document lacks`(
    _ texts: [String], _ question: String, _ source: String
  ) async throws { #expect(try await found(question, texts).first == source) }

  @Test(arguments: [
    (chinese, "今天的天气怎么样"), (japanese, "今日の天気はどうですか"), (korean, "오늘 날씨가 어떻게 되나요"), (thai, "อากาศเป็นอย่างไรครับ"),
  ])
  func `an unrelated question finds nothing by its endings`(_ texts: [String], _ question: String) async throws {
    #expect(try await found(question, texts).isEmpty)
  }
}
