import HTTPTypes
import Testing
import VoiceCore

struct SecretURLTests {
  @Test(arguments: [
    "https://KEYKEY@o1.ingest.sentry.io/7", "redis://:KEYKEY@host/0", "https://host/x?key=KEYKEY", "http://u:KEYKEY@proxy:3128",
  ])
  func `a URL with credentials prints without them, whichever way it is printed`(text: String) {
    struct Holder { let url: SecretURL }
    let url = SecretURL(text)
    var dumped = ""
    dump(Holder(url: url), to: &dumped)
    for printed in ["\(url)", String(reflecting: url), "\(Holder(url: url))", "\([url])", "\(Optional(url) as Any)", dumped] {
      #expect(!printed.contains("KEYKEY"))
    }
    #expect(url.expose() == text)
  }

  @Test func `a target of a dial prints without keys`() {
    let target = RealtimeTarget(url: "wss://host/v1?api-key=KEYKEY", headers: [.authorization: "Bearer KEYKEY"])
    var dumped = ""
    dump(target, to: &dumped)
    #expect("\(target)" == "wss://host/v1" && !dumped.contains("KEYKEY"))
  }
}
