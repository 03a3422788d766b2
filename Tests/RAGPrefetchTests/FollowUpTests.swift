import NIOCore
import RAGPrefetch
import Testing
import VoiceCore

@testable import RAGPrefetch

struct FollowUpTests {
  @Test(arguments: [
    "and for phones", "And for phones?", "um and the blue one", "what about gift cards", "how about on Sundays", "or by card",
    "et pour les téléphones", "et le dimanche ?", "mais en hiver", "und am Sonntag", "is it open", "are they free", "how much does it cost",
  ])
  func `a question without its subject goes on from the one before`(_ text: String) { #expect(FollowUp.isOne(text)) }

  @Test(arguments: [
    "what is the refund policy for shoes", "and what are your opening hours on Sundays", "et quels sont les horaires de la boutique",
    "is it possible to pay by card", "où est le magasin", "ma commande est en retard", "I want a refund", "a refund please", "yes", "and",
    "where do I rent a mountain bike", "et comment changer l'adresse de livraison", "opening hours of the museum on Sunday",
    "but I would like to know whether you ship to Spain",
  ])
  func `a question with a subject of its own does not`(_ text: String) { #expect(!FollowUp.isOne(text)) }

  private func turn(_ conversation: inout PrefetchConversation, _ text: String, item: String) -> [String] {
    var asked = conversation.speechStarted(item).asked
    asked += conversation.say(text, item: item).asked
    asked += conversation.speechStopped(item).asked
    let actions = conversation.committed(item) + conversation.wait(200)
    #expect(actions.outcome != nil)
    return asked + actions.asked
  }

  @Test func `the subject is carried from turn to turn, and a new one takes its place`() {
    var conversation = PrefetchConversation()
    _ = turn(&conversation, "how much does the extended warranty cost for a watch", item: "u1")
    #expect(
      turn(&conversation, "and for phones", item: "u2").last == "how much does the extended warranty cost for a watch and for phones")
    #expect(
      turn(&conversation, "and for tablets", item: "u3").last == "how much does the extended warranty cost for a watch and for tablets")
    #expect(turn(&conversation, "where can I park my bicycle", item: "u4").last == "where can I park my bicycle")
    #expect(turn(&conversation, "is it free", item: "u5").last == "where can I park my bicycle is it free")
  }
}
