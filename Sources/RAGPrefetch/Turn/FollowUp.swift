/// Questions that leave their subject out, because the one before named it: "and for phones?", "et le dimanche ?", "are they free".
enum FollowUp {
  /// True where the text needs the question before it.
  static func isOne(_ text: String) -> Bool {
    var words = Question.words(of: text)[...]
    while let first = words.first, fillers.contains(first) { words.removeFirst() }
    guard let first = words.first, words.count <= 12 else { return false }
    let content = Question(text).contentWords.count
    if isElliptical(first, words.dropFirst()) { return content <= 4 }
    if words.contains(where: strongReferences.contains) { return content <= 2 }
    return words.contains(where: weakReferences.contains) && content <= (connectives.contains(first) ? 2 : 1)
  }

  /// A connective, and no sentence of its own behind it: no verb or question word begins it.
  private static func isElliptical(_ first: String, _ rest: ArraySlice<String>) -> Bool {
    guard let second = rest.first else { return false }
    if (first == "what" || first == "how") && second == "about" { return rest.count > 1 }
    return connectives.contains(first) && !sentenceStarts.contains(second)
  }

  private static func set(_ words: String) -> Set<String> { Set(words.split(separator: " ").map(String.init)) }

  private static let fillers = set("um uh er hmm so well ok okay yes yeah no euh ben bah alors oui non donc ah oh")
  private static let connectives = set("and or but also et mais aussi pareil und oder aber auch y o pero tambien e anche mas maar ook")
  private static let sentenceStarts = set(
    """
    what when where which who whose why how is are was were do does did can could will would shall should may might must has have had \
    i you we he she it they there this that if since because please tell give show let id ill im ive \
    que quel quelle quels quelles qui quoi quand comment combien pourquoi ou est es suis sont etait ai as a avez avons ont peut peux pouvez \
    puis pourrais pourriez je j tu il elle on nous vous ils elles c ca ce cela y qu si parce dites donnez faut dois doit \
    was wann wo welche welcher welches wer warum wie ist sind kann konnen ich du er sie es wir ihr gibt habe haben hat darf muss soll \
    mail cuando donde cual cuales quien como cuanto es son puedo puede hay tengo tiene quando dove quale chi come quanto posso puo ho ha
    """)
  /// They stand for something that was named before.
  private static let strongReferences = set("they them their theirs those these ones celui celle ceux celles eux leur leurs")
  /// They often do.
  private static let weakReferences = set("it its that ca cela eso esto")
}
