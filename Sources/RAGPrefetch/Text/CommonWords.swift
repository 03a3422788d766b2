/// Words that say nothing of what a question is about, in English and French, as they are spoken. Folded.
enum CommonWords {
  static func contains(_ word: String) -> Bool { all.contains(word) }

  private static let all: Set<String> = Set((english + " " + french).split(separator: " ").map(String.init))

  private static let english = """
    above below during an and are aren as at be been being but by can cannot could couldn did didn do does doesn doing don down else ever every for from \
    get gets getting give given go goes going gonna got had has have haven having he help her here hers him his how however if in into \
    is isn it its itself just know let like ll many may maybe me mean might mind more most much must my myself need needed needs no not \
    now of off on once one ones only or other our ours out over per please possible quite rather re really right said same say see shall \
    she should so some someone something somehow still such sure take tell than that the their theirs them then there these they thing \
    things think this those through to too try trying understand until up upon us use used using ve very via want wanted wants was way \
    we well were what whatever when where whether which while who whom whose why will with won wonder wondering would wouldn yet you \
    your yours about actually after again all also always am any anyone anything because before between both each few first find \
    yes yeah yep nope ok okay thanks thank hello hi hey bye goodbye um uh er hmm mm oh ah alright great fine good cool perfect nice \
    sorry excuse anyway question ask asking asked
    """
  private static let french = """
    ai aie ainsi alors apres as assez au aucun aura aurait aussi autre autres aux avais avait avant avec avez avoir avons bien bon bonne \
    ca ce ceci cela celle celles celui ces cet cette ceux chaque chez chose choses combien comme comment contre dans de dehors \
    deja depuis des dire dis dit dites dois doit donc donne donner donnez du elle elles en encore entre es est et etais etait etant ete \
    etes etre eu fais faire faisait fait faites faut fois font genre hein ici il ils je jamais jusque la laquelle le lequel les lesquels \
    leur leurs lui ma maintenant mais me meme memes mes mettre mien moi moins mon ne ni nos notre nous on ont ou par parce parle parler \
    pas pendant peu peut peux plus plutot pour pourquoi pourrais pourrait pourriez pouvez pouvoir prendre puis puisque quand que quel \
    quelle quelles quelque quelques quels qui quoi sa sais sait sans savez savoir se sera serait ses si sinon soit sont sous suis \
    sur ta tant te tel telle tellement tes toi ton toujours tous tout toute toutes tres trop trouver tu un une va vais vas vers veut \
    veux voici voila voir vont vos votre voudrais voulais voulez vouloir vous vraiment vu ya aller allez fera existe besoin aimerais \
    oui ouais non merci bonjour bonsoir salut accord daccord euh bah ben bref voyons beaucoup plait sil svp pardon desole excusez \
    revoir super parfait jai cest quil quelle lorsque afin ici aujourd hui question demande demander
    """
}
