/// Stretches of a text without spaces that say nothing of what a question is about: words of questions, endings of verbs, particles.
///
/// What ``StopWords`` are to words that stand between spaces.
package enum FunctionPhrases {
  /// Tells of each scalar of a run whether it belongs to such a stretch.
  /// - Parameter scalars: those of the run's text.
  package static func marks(of run: TextRun, _ scalars: [Unicode.Scalar]) -> [Bool] {
    var marks = [Bool](repeating: false, count: scalars.count)
    switch run.script {
    case .none, .ignored, .spaced: break
    case .ideographic:
      // A character of kana alone tells nothing: たまご is an egg.
      for (index, scalar) in scalars.enumerated() where !TextRun.isKana(scalar) { marks[index] = FunctionCharacters.contains(scalar) }
      mark(ideographic, in: scalars, &marks)
      markParticles(in: scalars, &marks)
    case .unspaced: mark(unspaced, in: scalars, &marks)
    case .hangul: markEnding(of: scalars, &marks)
    }
    return marks
  }

  private static func mark(_ phrases: [Unicode.Scalar: [[Unicode.Scalar]]], in scalars: [Unicode.Scalar], _ marks: inout [Bool]) {
    for (start, scalar) in scalars.enumerated() {
      for phrase in phrases[scalar] ?? [] where scalars[start...].starts(with: phrase) {
        for index in start..<start + phrase.count { marks[index] = true }
      }
    }
  }

  /// Kana between ideographs and marked ones: 品 で 使, 店 し ます.
  private static func markParticles(in scalars: [Unicode.Scalar], _ marks: inout [Bool]) {
    for (index, scalar) in scalars.enumerated() where TextRun.isKana(scalar) && FunctionCharacters.contains(scalar) {
      let isOpen = index == 0 || marks[index - 1] || !TextRun.isKana(scalars[index - 1])
      let isClosed = index + 1 == scalars.count || marks[index + 1] || !TextRun.isKana(scalars[index + 1])
      if isOpen && isClosed { marks[index] = true }
    }
  }

  /// A particle sticks to its word. What it leaves has a piece of two syllables at least.
  private static func markEnding(of scalars: [Unicode.Scalar], _ marks: inout [Bool]) {
    if hangul.contains(scalars) {
      for index in scalars.indices { marks[index] = true }
      return
    }
    for length in stride(from: min(5, scalars.count - 1), to: 0, by: -1) where hangul.contains(Array(scalars.suffix(length))) {
      for index in max(2, scalars.count - length)..<max(2, scalars.count) { marks[index] = true }
      return
    }
  }

  private static func byFirst(_ phrases: String) -> [Unicode.Scalar: [[Unicode.Scalar]]] {
    let all = phrases.split(separator: " ").map { Array(Folding.normalized(String($0)).unicodeScalars) }
    return Dictionary(grouping: all.filter { !$0.isEmpty }) { $0[0] }
  }

  /// Chinese and Japanese.
  private static let ideographic = byFirst(
    """
    请问 請問 多久 多少 多长时间 多長時間 多长 多長 多大 多远 多遠 如何 怎样 怎樣 怎么办 怎麼辦 什么时候 什麼時候 时候 時候 几点 幾點 \
    哪里 哪裡 哪儿 哪兒 一下 告诉 告訴 想知道 可不可以 能不能 是不是 有没有 有沒有 是否 需要 应该 應該 关于 關於 \
    です でしょう ですか ます ますか ません ました ませんか ましょう できる でき ください くださ 下さい もらえ もらい いただけ いただき \
    あります ありますか ありません いますか いつ いつまで いつから どのくらい どれくらい どのように どうやって どうすれば どう どこ どれ \
    どの どんな どちら いくら いくつ なぜ なに なん について つい という ている ていま てくだ てもら てほし ほしい たい たいです \
    したい します しました すれば ければ えますか きますか りますか られ られます えて して した する から まで より けど これ それ あの その この \
    にはどう には では とは 何ですか 何番 何時 何日 何年 何か 教えて 教え 知りたい お願い 必要
    """)

  /// Thai; the shortest words are left out, as they stand in others.
  private static let unspaced = byFirst(
    """
    ครับ ค่ะ ไหม หรือ หรือไม่ หรือเปล่า อะไร อย่างไร ยังไง เท่าไหร่ เท่าไร เท่าใด กี่ ที่ไหน ที่ใด เมื่อไหร่ เมื่อไร เมื่อใด ทำไม ใคร ฉัน ดิฉัน \
    ผม ต้องการ อยาก ได้ เป็น คือ และ ที่ จาก ให้ แล้ว ต้อง ไม่ บ้าง ช่วย หน่อย สามารถ ควร นาน แค่ไหน อยู่ ว่า ขอ ของ จะ
    """)

  /// Korean: whole words, and endings of words.
  private static let hangul = Set(
    """
    은 는 이 가 을 를 에 의 도 로 와 과 만 요 나 까지 부터 에서 으로 에게 한테 이나 이라 처럼 보다 마다 하고 이란 란 에는 에도 \
    나요 까요 니까 니다 습니까 습니다 입니까 입니다 인가요 인지 예요 이에요 에요 세요 주세요 해요 하나요 할까요 하면 하려면 합니까 합니다 \
    되나요 되는지 되요 돼요 될까요 됩니까 됩니다 되면 있나요 있어요 있습니까 있습니다 있을까요 있는 없나요 없는 건가요 한가요 는지 은지 려면 \
    할 수 것 좀 몇 왜 뭐 또 및 더 저 제 그 내 저는 제가 나는 내가 얼마 얼마나 얼마예요 얼마인가요 언제 언제까지 언제부터 언제인가요 어떻게 어디 \
    어디서 어디에 어디에서 어디로 무엇 무엇을 무엇이 무엇인가요 누구 누가 어느 어떤 무슨 받나요 하는 하고 해서 알려주세요 알려 주세요 싶어요 \
    싶습니다 싶은데 대해 대한 대하여 그리고 그런데
    """.split(separator: " ").map { Array($0.unicodeScalars) })
}
