/// What callers ask. `#` becomes the time that its retrieval takes and the number of the turn, so that no answer is remembered.
enum Questions {
  struct Question: Sendable {
    let text: String
    /// A word without which a query is not about the question.
    let needed: String?
  }

  static func question(_ kind: Scenario.Kind, number: Int) -> Question {
    switch kind {
    case .twelveWords: Question(text: twelveWords[number % twelveWords.count], needed: nil)
    case .fourWords: Question(text: fourWords[number % fourWords.count], needed: nil)
    case .changedMind:
      Question(text: changedMinds[number % changedMinds.count].0, needed: changedMinds[number % changedMinds.count].1)
    }
  }

  private static let twelveWords = [
    "what is the refund# policy for opened headphones bought on your website",
    "how long does shipping# to Switzerland take when I order before noon",
    "can I still change the# delivery address of a parcel that left",
    "does the warranty# cover a broken screen after more than one year",
    "which payment methods# do you accept for orders above two thousand euros",
    "I forgot my password# how do I reset it without my phone",
    "is the shop# in Nantes open on public holidays during the summer",
    "please tell me how# many days I have to return unopened items",
    "what happens to my# loyalty points when I delete my customer account",
    "how do I reach# the support team on Sunday for urgent problems",
    "est ce que je# peux retourner des écouteurs ouverts achetés en ligne",
    "combien de temps prend# la livraison vers la Belgique avant les fêtes",
    "comment changer l adresse# de livraison après avoir déjà passé ma commande",
    "la garantie couvre elle# un écran cassé après plus de deux ans",
    "puis je payer ma# commande en trois fois avec une carte étrangère",
    "quels sont les horaires# de la boutique de Nantes pendant les vacances",
  ]
  private static let fourWords = [
    "opened headphones# refund policy", "cancel my order# please", "shop opening# hours Saturday", "reset account# password now",
    "prix livraison# Belgique combien", "garantie écran# cassé durée",
    "remboursement# article ouvert délai", "broken screen# warranty duration",
  ]
  private static let changedMinds = [
    ("I want to return# my shoes no wait rather tell me how long the battery of the watch lasts", "battery"),
    ("what does shipping# to Spain cost sorry I mean when is the shop in Nantes open", "nantes"),
    ("how do I pay# by card no actually which warranty covers water damage of speakers", "warranty"),
    ("je voudrais retourner# mes chaussures non attendez plutôt quelle est la garantie sur la batterie", "batterie"),
  ]
}
