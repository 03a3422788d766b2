/// Questions as a recogniser hears them, in English and French.
enum SpokenQuestions {
  static let twelveWords = [
    "what is the refund policy for opened headphones bought on your website",
    "how long does shipping to Switzerland take when I order before noon",
    "can I still change the delivery address of a parcel that left",
    "does the warranty cover a broken screen after more than one year",
    "which payment methods do you accept for orders above two thousand euros",
    "I forgot my password how do I reset it without my phone",
    "is the shop in Nantes open on public holidays during the summer",
    "please tell me how many days I have to return unopened items",
    "what happens to my loyalty points when I delete my customer account",
    "how do I reach the support team on Sunday for urgent problems",
    "est ce que je peux retourner des écouteurs ouverts achetés en ligne",
    "combien de temps prend la livraison vers la Belgique avant les fêtes",
    "comment changer l adresse de livraison après avoir déjà passé ma commande",
    "la garantie couvre elle un écran cassé après plus de deux ans",
    "puis je payer ma commande en trois fois avec une carte étrangère",
    "quels sont les horaires de la boutique de Nantes pendant les vacances",
    "could you tell me whether gift cards can be used for repairs",
    "I would like to know if my order has already been shipped",
    "my speaker makes a strange noise when I turn the volume up",
    "what documents do I need to send for a tax free purchase",
    "do you deliver heavy items like televisions up to the third floor",
    "how much does it cost to extend the warranty of a watch",
    "when will the new headphones be back in stock in your shop",
    "can my friend collect the parcel for me with my identity card",
    "why was my credit card charged twice for the same order yesterday",
    "are there any discounts for students or for people who are retired",
    "I received the wrong color and I want to exchange it quickly",
    "est ce possible de faire réparer une montre achetée il y longtemps",
    "je voudrais savoir où se trouve mon colis parti la semaine dernière",
    "quelle est la différence entre la garantie normale et la garantie étendue",
    "comment puis je supprimer mon compte client et toutes mes données personnelles",
    "avez vous un service de reprise pour les anciens appareils encore fonctionnels",
  ]
  static let fourWords = [
    "opened headphones refund policy", "cancel my order please", "shop opening hours Saturday", "reset account password now",
    "prix livraison Belgique combien", "garantie écran cassé durée", "what are your prices", "où est mon colis",
  ]
  static let changedMinds = [
    "I want to return my shoes no wait rather tell me how long the battery of the watch lasts",
    "what does shipping to Spain cost sorry I mean when is the shop in Nantes open",
    "how do I pay by card no actually which warranty covers water damage of speakers",
    "je voudrais retourner mes chaussures non attendez plutôt quelle est la garantie sur la batterie",
  ]
}
