import Testing

@testable import TelemetryExport

@Suite struct UserPseudonymTests {
  @Test func `one secret makes one name of a user, another secret another, and no name holds the user's`() {
    let (house, other) = (UserPseudonyms(secret: "house".utf8), UserPseudonyms(secret: "other".utf8))
    #expect(house.pseudonym(of: "ada@example.org") == UserPseudonyms(secret: "house".utf8).pseudonym(of: "ada@example.org"))
    #expect(house.pseudonym(of: "ada@example.org") != other.pseudonym(of: "ada@example.org"))
    #expect(house.pseudonym(of: "ada@example.org") != house.pseudonym(of: "bob@example.org"))
    #expect(house.pseudonym(of: "ada").description.wholeMatch(of: /user_[0-9a-f]{16}/) != nil)
  }

  @Test func `a text about a user is told with the pseudonym`() {
    let names = UserPseudonyms(secret: "house".utf8)
    #expect(names.replacing("ada@x.org", in: "for ada@x.org: 5/5") == "for \(names.pseudonym(of: "ada@x.org")): 5/5")
    #expect(names.replacing("a", in: "a plain text") == "a plain text")
  }
}
