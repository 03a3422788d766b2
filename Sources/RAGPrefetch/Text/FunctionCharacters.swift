/// Characters of Chinese and Japanese that say nothing of what a question is about.
enum FunctionCharacters {
  private static let all = Set("的是了吗嗎呢吧么麼什怎为為谁誰哪几幾在有和与與我你您他她它们們这這那请請就也都不很要会會能可以はがをにでとものかよねだですますしたいるなどうなにれらこそあ".unicodeScalars)

  static func contains(_ character: Unicode.Scalar) -> Bool { all.contains(character) }

  static func isAll(_ piece: String) -> Bool { piece.unicodeScalars.allSatisfy(all.contains) }
}
