import Foundation
import VoiceRealtimeClient

/// `SayText URL WORDS…`: a typed question and its answer, with the token in VOICE_TOKEN.
@main
struct SayText {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let url = arguments.first.flatMap(URL.init(string:)), arguments.count > 1 else { return print("usage: SayText URL WORDS…") }
    let token = ProcessInfo.processInfo.environment["VOICE_TOKEN"] ?? ""
    let client = VoiceRealtimeClient(VoiceConfiguration(url: url) { _ in token })
    async let run: Void = client.run()
    for await event in client.events {
      switch event {
      case .ready(let session) where !session.isResumed: await client.say(arguments.dropFirst().joined(separator: " "))
      case .voiceSaid(_, let text, isFinal: true):
        print("voice: \(text)")
        await client.end()
      case .sources(_, let titles) where !titles.isEmpty: print("from \(titles.joined(separator: ", "))")
      case .reconnecting(let ending, let delay): print("-- \(ending), again in \(delay)")
      case .ended(let ending): print("-- \(ending)")
      default: break
      }
    }
    await run
  }
}
