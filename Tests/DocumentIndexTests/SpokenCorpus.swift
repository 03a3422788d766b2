/// 500 documents, half of them French, that are easily mistaken for each other, and questions to them as speech is heard: small letters,
/// no punctuation, few accents, fillers, other endings than the document's, and sentences that break off.
///
/// Each document is one of 25 subjects seen from one of ten sides; every word of its own stands in 9 or 24 others too.
struct SpokenCorpus {
  struct Question {
    let text: String
    let document: String
  }

  private(set) var documents: [String: String] = [:]
  private(set) var questions: [Question] = []

  init(questions count: Int = 200, seed: UInt64 = 7) {
    var random = Generator(state: seed)
    var all: [(path: String, asked: [String])] = []
    for language in [Self.english, Self.french] {
      for subject in language.subjects {
        for side in language.sides {
          let path = "\(language.name)/\(subject.written.replacing(" ", with: "-"))-\(side.name).md"
          let noise = language.noise.shuffled(using: &random).prefix(3)
          let text = (side.sentences + noise).shuffled(using: &random).joined(separator: " ")
          documents[path] = "# \(subject.title)\n\n## \(side.heading)\n\n" + text.replacing("%", with: subject.written)
          all.append((path, side.asked.map { $0.replacing("%", with: subject.spoken) }))
        }
      }
    }
    for entry in all.shuffled(using: &random).prefix(count) {
      questions.append(Question(text: entry.asked.randomElement(using: &random) ?? "", document: entry.path))
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private struct Language {
    let name: String
    let subjects: [Subject]
    let sides: [Side]
    let noise: [String]
  }
  /// `written` in documents, `spoken` by people.
  private struct Subject {
    let title: String
    let written: String
    let spoken: String
    init(_ title: String, _ written: String, _ spoken: String) { (self.title, self.written, self.spoken) = (title, written, spoken) }
  }
  private struct Side {
    let name: String
    let heading: String
    let sentences: [String]
    let asked: [String]
  }

  private static let english = Language(
    name: "en",
    subjects: [
      Subject("Bicycle rental", "bicycle rental", "renting bicycles"), Subject("Swimming pool", "swimming pool", "the swimming pools"),
      Subject("City library", "library", "the libraries"), Subject("Railway museum", "railway museum", "the railway museum"),
      Subject("Parking garage", "parking garage", "parking my car in the garage"), Subject("Tram pass", "tram pass", "the tram passes"),
      Subject("Post office", "post office", "the post office"), Subject("Wedding hall", "wedding hall", "the hall for weddings"),
      Subject("Dental clinic", "dental clinic", "the dental clinics"),
      Subject("Harbour hotel", "harbour hotel", "the hotel at the harbour"),
      Subject("Pasta restaurant", "pasta restaurant", "the pasta restaurant"),
      Subject("Open-air cinema", "open-air cinema", "the open air cinema"),
      Subject("Puppet theatre", "puppet theatre", "the puppet theatre"), Subject("Organic bakery", "bakery", "the bakeries"),
      Subject("Night pharmacy", "pharmacy", "the pharmacy"), Subject("Savings account", "savings account", "my savings"),
      Subject("Mobile phone plan", "mobile phone plan", "my mobile phone"),
      Subject("Fibre internet", "fibre internet", "the fibre internet"),
      Subject("Home insurance", "home insurance", "insuring my home"),
      Subject("Travel insurance", "travel insurance", "insurance when i travel"),
      Subject("Kindergarten", "kindergarten", "the kindergarten"), Subject("Driving school", "driving school", "the driving school"),
      Subject("Passport desk", "passport desk", "passports"), Subject("Climbing gym", "climbing gym", "the climbing gym"),
      Subject("Ski lift", "ski lift", "the ski lifts"),
    ],
    sides: [
      Side(
        name: "hours", heading: "Opening hours",
        sentences: [
          "The % opens at nine in the morning and closes at six in the evening.", "On Sundays and public holidays the % stays closed.",
        ],
        asked: ["um so when does % open in the morning", "is % closed on sunday or is it", "what are the opening hours of %"]),
      Side(
        name: "prices", heading: "Prices",
        sentences: ["Adults pay twelve euros for the %, children half of it.", "The price list of the % is renewed every January."],
        asked: ["how much does % cost for adults", "i would like to know the prices for %", "what do children pay for % like half"]),
      Side(
        name: "refund", heading: "Refunds and cancellation",
        sentences: [
          "Whoever cancels the % two days ahead is refunded in full.",
          "Refunds for the % go back to the card that was charged, within ten days.",
        ],
        asked: ["can i get a refund if i cancel %", "i had to cancel % so will i be refunded", "hi i cancelled % and the refund has not"]),
      Side(
        name: "lost", heading: "Lost property",
        sentences: [
          "Things lost at the % are kept for three weeks.", "Describe the lost object to the staff of the % and show an identity card.",
        ],
        asked: ["i think i lost my umbrella at %", "where do you keep lost things from %", "i lost an object at % who do i"]),
      Side(
        name: "access", heading: "Accessibility",
        sentences: ["A ramp and a lift lead wheelchair users to the %.", "Guide dogs are welcome everywhere in the %."],
        asked: ["is there wheelchair access to %", "my mother uses a wheelchair can she go to %", "are guide dogs allowed at %"]),
      Side(
        name: "complaint", heading: "Complaints",
        sentences: [
          "Complaints about the % are answered in writing by the ombudsman.",
          "Note the date and the name of the employee when you complain about the %.",
        ],
        asked: [
          "i want to complain about %", "who answers complaints about % please", "how do i file a complaint concerning % because the",
        ]),
      Side(
        name: "booking", heading: "Booking",
        sentences: ["Bookings for the % are made online, up to six months ahead.", "Groups of ten or more book the % by telephone."],
        asked: ["can i book % online", "we are a group of fifteen and want to book %", "how far ahead are bookings possible for %"]),
      Side(
        name: "payment", heading: "Payment",
        sentences: [
          "The % accepts cards, cash and vouchers; cheques are not accepted.", "An invoice for the % is sent by mail on request.",
        ],
        asked: ["do you accept cheques for %", "could i pay % with vouchers or cash", "i need an invoice for %"]),
      Side(
        name: "discount", heading: "Discounts",
        sentences: [
          "Students and pensioners have a discount of twenty percent on the %.", "The discount on the % needs a valid student card.",
        ],
        asked: ["is there a student discount on %", "i am a pensioner do i have a discount for %", "what discounts do students have for %"]),
      Side(
        name: "jobs", heading: "Jobs",
        sentences: [
          "The % is looking for seasonal workers each spring.", "Send your application and curriculum vitae to the manager of the %.",
        ],
        asked: [
          "is there any seasonal work at %", "where do i send my application to work at %", "my son wants to apply for a job at % in",
        ]),
    ],
    noise: [
      "The team is happy to help.", "The building was renovated some years ago.", "Please follow the signs.",
      "A map hangs at the entrance.",
      "Free wireless internet is available.", "Visitors are asked to be quiet.", "The nearest bus stop is called Market Square.",
      "Photographs are allowed without flash.", "Children under six must be accompanied.", "The cloakroom is on the ground floor.",
    ])

  private static let french = Language(
    name: "fr",
    subjects: [
      Subject("Location de vélos", "location de vélos", "louer un velo"), Subject("Piscine municipale", "piscine", "les piscines"),
      Subject("Bibliothèque", "bibliothèque", "la bibliotheque"), Subject("Musée du rail", "musée du rail", "le musee du rail"),
      Subject("Parking souterrain", "parking souterrain", "le parking souterrain"),
      Subject("Abonnement de tram", "abonnement de tram", "les abonnements de tram"),
      Subject("Bureau de poste", "bureau de poste", "la poste"), Subject("Salle des mariages", "salle des mariages", "la salle de mariage"),
      Subject("Clinique dentaire", "clinique dentaire", "la clinique dentaire"),
      Subject("Hôtel du port", "hôtel du port", "l'hotel du port"),
      Subject("Restaurant de pâtes", "restaurant de pâtes", "le restaurant de pates"),
      Subject("Cinéma en plein air", "cinéma en plein air", "le cinema en plein air"),
      Subject("Théâtre de marionnettes", "théâtre de marionnettes", "le theatre de marionnettes"),
      Subject("Boulangerie bio", "boulangerie", "les boulangeries"),
      Subject("Pharmacie de nuit", "pharmacie", "la pharmacie"), Subject("Livret d'épargne", "livret d'épargne", "mon livret epargne"),
      Subject("Forfait mobile", "forfait mobile", "mon forfait mobile"), Subject("Fibre optique", "fibre optique", "la fibre optique"),
      Subject("Assurance habitation", "assurance habitation", "l'assurance de mon habitation"),
      Subject("Assurance voyage", "assurance voyage", "l'assurance pour mes voyages"),
      Subject("École maternelle", "école maternelle", "l'ecole maternelle"), Subject("Auto-école", "auto-école", "l'auto ecole"),
      Subject("Guichet des passeports", "guichet des passeports", "les passeports"),
      Subject("Salle d'escalade", "salle d'escalade", "la salle d'escalade"),
      Subject("Remontées mécaniques", "remontées mécaniques", "la remontee mecanique"),
    ],
    sides: [
      Side(
        name: "horaires", heading: "Horaires d'ouverture",
        sentences: [
          "Pour « % », l'ouverture est à neuf heures et la fermeture à dix-huit heures.", "Le dimanche et les jours fériés, « % » : fermé.",
        ],
        asked: ["euh c'est ouvert a quelle heure %", "est-ce que % c'est ferme le dimanche", "je voudrais les horaires d'ouverture pour %"]),
      Side(
        name: "tarifs", heading: "Tarifs",
        sentences: [
          "Les adultes paient douze euros pour « % », les enfants la moitié.", "Les tarifs de « % » changent chaque année en janvier.",
        ],
        asked: ["c'est quoi le tarif pour % pour un adulte", "combien paie un enfant pour %", "les tarifs de % s'il vous plait"]),
      Side(
        name: "remboursement", heading: "Remboursement et annulation",
        sentences: [
          "Qui annule « % » deux jours avant est intégralement remboursé.",
          "Les remboursements pour « % » se font sur la carte débitée, sous dix jours.",
        ],
        asked: [
          "je veux me faire rembourser %", "si j'annule % est-ce que je suis rembourse", "j'ai annule % et le remboursement n'est pas",
        ]),
      Side(
        name: "objets", heading: "Objets trouvés",
        sentences: [
          "Les objets perdus (« % ») sont gardés trois semaines.",
          "Décrivez l'objet perdu au personnel (« % ») et montrez une pièce d'identité.",
        ],
        asked: ["j'ai perdu mon parapluie a %", "ou sont les objets perdus pour %", "je crois que j'ai perdu un objet pour % qui"]),
      Side(
        name: "acces", heading: "Accessibilité",
        sentences: ["Une rampe et un ascenseur mènent les fauteuils roulants à « % ».", "Les chiens guides sont les bienvenus : « % »."],
        asked: ["ma mere est en fauteuil roulant c'est accessible %", "y a t il une rampe pour %", "les chiens guides sont admis pour %"]),
      Side(
        name: "reclamation", heading: "Réclamations",
        sentences: [
          "Les réclamations sur « % » reçoivent une réponse écrite du médiateur.",
          "Notez la date et le nom de l'employé pour une réclamation sur « % ».",
        ],
        asked: [
          "je veux faire une reclamation sur %", "qui repond aux reclamations pour %", "c'est pour une reclamation au sujet de % parce que",
        ]),
      Side(
        name: "reservation", heading: "Réservation",
        sentences: [
          "Les réservations pour « % » se font en ligne, jusqu'à six mois avant.",
          "Les groupes de dix et plus réservent « % » par téléphone.",
        ],
        asked: [
          "on peut reserver % en ligne", "nous sommes un groupe de quinze pour reserver %", "combien de temps avant je dois reserver %",
        ]),
      Side(
        name: "paiement", heading: "Paiement",
        sentences: [
          "« % » : cartes, espèces et bons acceptés, chèques refusés.", "Une facture pour « % » est envoyée par courrier sur demande.",
        ],
        asked: ["vous acceptez les cheques pour %", "je peux payer % en especes", "il me faut une facture pour %"]),
      Side(
        name: "reductions", heading: "Réductions",
        sentences: [
          "Les étudiants et les retraités ont vingt pour cent de réduction sur « % ».",
          "La réduction sur « % » demande une carte d'étudiant valable.",
        ],
        asked: [
          "il y a une reduction etudiant pour %", "je suis retraite j'ai une reduction sur %",
          "quelles reductions pour les etudiants sur %",
        ]),
      Side(
        name: "emplois", heading: "Emplois",
        sentences: ["« % » recrute des saisonniers chaque printemps.", "Envoyez votre candidature au responsable de « % »."],
        asked: [
          "est-ce que % recrute des saisonniers", "ou envoyer ma candidature pour %",
          "mon fils cherche un travail saisonnier a % au printemps",
        ]),
    ],
    noise: [
      "L'équipe est là pour vous aider.", "Le bâtiment a été rénové il y a quelques années.", "Suivez les panneaux.",
      "Un plan est affiché à l'entrée.",
      "Le wifi est gratuit.", "Merci de respecter le silence.", "L'arrêt de bus le plus proche est Place du Marché.",
      "Les photos sont permises sans flash.", "Les moins de six ans sont accompagnés.", "Le vestiaire est au rez-de-chaussée.",
    ])
}
