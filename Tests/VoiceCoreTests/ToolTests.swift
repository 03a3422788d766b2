import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// Functions that the gateway runs: the model has them, the client does not know of them.
struct ToolTests {
  private static let weather = ToolDefinition(
    name: "weather", description: "The \"weather\" of a place.", parameters: #"{"type":"object","properties":{"place":{"type":"string"}}}"#)

  private func opened() -> (scene: RelayScene, upstream: InMemoryConnection) {
    let scene = RelayScene(hasVoiceEvents: false, policy: SessionPolicyConfiguration(tools: [Self.weather]))
    scene.admit()
    let upstream = scene.connector.all[0].accept()
    upstream.receive(#"{"type":"session.created","session":{"model":"m","tools":[]}}"#)
    return (scene, upstream)
  }

  private func types(_ connection: InMemoryConnection) -> [String] {
    connection.sent.map { $0.bytes.withJSON { $0.member("type")?.string } ?? "-" }
  }

  private func call(_ type: String, id: String = "f1", name: String = "weather", call: String = "c1") -> String {
    """
    {"type":"\(type)","previous_item_id":"u1","response_id":"r1","item":{"id":"\(id)","type":"function_call","status":"completed",\
    "name":"\(name)","call_id":"\(call)","arguments":"{\\"place\\":\\"Oslo\\"}"}}
    """
  }

  /// A response that calls one tool, from its beginning to its end.
  private func responds(_ upstream: InMemoryConnection, calls: [(id: String, name: String, call: String)], members: String = "") {
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"\#(members)}}"#)
    for one in calls {
      for type in ["response.output_item.added", "conversation.item.added"] {
        upstream.receive(call(type, id: one.id, name: one.name, call: one.call))
      }
      upstream.receive(#"{"type":"response.function_call_arguments.delta","item_id":"\#(one.id)","delta":"{"}"#)
      upstream.receive(#"{"type":"response.function_call_arguments.done","item_id":"\#(one.id)","arguments":"{}"}"#)
      for type in ["conversation.item.done", "response.output_item.done"] {
        upstream.receive(call(type, id: one.id, name: one.name, call: one.call))
      }
    }
    let output = calls.map { #"{"id":"\#($0.id)","type":"function_call","name":"\#($0.name)"}"# }.joined(separator: ",")
    upstream.receive(
      #"{"type":"response.done","response":{"id":"r1","conversation_id":"c","status":"completed","output":[\#(output)],"usage":null}}"#)
  }

  @Test func `the model is told of the gateway's tools beside the client's, and the client of its own alone`() {
    let (scene, upstream) = opened()
    #expect(upstream.sentText[0].contains(#""name":"weather","description":"The \"weather\" of a place.""#))
    upstream.receive(#"{"type":"session.updated","session":{"tools":[{"name":"weather"}]}}"#)
    scene.client.receive(#"{"type":"session.update","session":{"type":"realtime","tools":[{"type":"function","name":"own"}]}}"#)
    #expect(upstream.sentText[1].contains(#"[{"type":"function","name":"own"},{"type":"function","name":"weather""#))
    upstream.receive(#"{"type":"session.updated","session":{"tools":[{"type":"function","name":"own"},{"name":"weather"}],"x":1}}"#)
    #expect(scene.client.sentText.last == #"{"type":"session.updated","session":{"tools":[{"type":"function","name":"own"}],"x":1}}"#)
  }

  @Test func `a call is run and answered, the model goes on, and the client sees an answer without it`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: [("f1", "weather", "c1")])
    #expect(types(upstream) == ["session.update"])
    scene.session.toolAnswered("c1", #"{"sky":"clear"}"#, failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create", "response.create"])
    let output = upstream.sentText[1]
    #expect(output.contains(#""type":"function_call_output","call_id":"c1","output":"{\"sky\":\"clear\"}""#))
    upstream.receive(
      #"{"type":"conversation.item.added","previous_item_id":"f1","item":{"id":"gw_item_1","type":"function_call_output"}}"#)
    upstream.receive(#"{"type":"response.created","response":{"id":"r2","conversation_id":"c"}}"#)
    upstream.receive(
      #"{"type":"conversation.item.added","previous_item_id":"gw_item_1","item":{"id":"a1","type":"message","role":"assistant"}}"#)
    let seen = scene.client.sentText.joined()
    #expect(!seen.contains("weather") && !seen.contains("c1\"") && !seen.contains("f1") && !seen.contains("gw_item"))
    #expect(types(scene.client) == ["session.created", "conversation.item.added"])
    #expect(scene.client.sentText.last!.contains(#""previous_item_id":"u1""#))
    upstream.receive(#"{"type":"response.output_item.added","response_id":"r2","item":{"id":"a1","type":"message"}}"#)
    #expect(types(scene.client).suffix(2) == ["response.created", "response.output_item.added"])
    #expect(scene.client.sentText.filter { $0.contains(#""id":"r2""#) }.count == 1)
  }

  @Test func `the response that goes on is asked for as the client asked for the one that called`() {
    let (scene, upstream) = opened()
    let metadata = #"{"client_event_id":"e1"}"#
    responds(upstream, calls: [("f1", "weather", "c1")], members: #","output_modalities":["text"],"metadata":\#(metadata)"#)
    scene.session.toolAnswered("c1", "1", failure: nil)
    #expect(upstream.sentText.last!.contains(#""response":{"output_modalities":["text"],"metadata":\#(metadata)}"#))
  }

  @Test func `a response that also has an item for the client begins before that`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: [("f1", "weather", "c1"), ("f2", "own", "c2")])
    let seen = types(scene.client).filter { $0.hasPrefix("response.") }
    #expect(seen.prefix(2) == ["response.created", "response.output_item.added"] && seen.last == "response.done")
    #expect(seen.count { $0 == "response.created" } == 1)
  }

  @Test func `a response that ends before it has an item is seen whole`() {
    let (scene, upstream) = opened()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    #expect(types(scene.client) == ["session.created"])
    upstream.receive(#"{"type":"response.done","response":{"id":"r1","conversation_id":"c","status":"cancelled","output":[]}}"#)
    #expect(types(scene.client) == ["session.created", "response.created", "response.done"])
  }

  @Test func `a response that is lost with its upstream before the client heard of it ends without a word`() {
    let (scene, upstream) = opened()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    upstream.peerCloses(.abnormal)
    #expect(types(scene.client) == ["session.created"])
  }

  @Test func `two calls of one response are answered both before the model goes on`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: [("f1", "weather", "c1"), ("f2", "weather", "c2")])
    scene.session.toolAnswered("c2", "2", failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
    scene.session.toolAnswered("c1", "1", failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create", "conversation.item.create", "response.create"])
    scene.session.toolAnswered("c1", "again", failure: nil)
    #expect(upstream.sent.count == 4)
  }

  @Test func `an output that comes before the end of its response waits for that`() {
    let (scene, upstream) = opened()
    upstream.receive(#"{"type":"response.created","response":{"id":"r1","conversation_id":"c"}}"#)
    upstream.receive(call("response.output_item.done"))
    scene.session.toolAnswered("c1", "1", failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
    upstream.receive(#"{"type":"response.done","response":{"id":"r1","conversation_id":"c","status":"completed","output":[]}}"#)
    #expect(types(upstream).last == "response.create")
  }

  @Test func `beside a call of the client's own the client asks for the next response`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: [("f1", "weather", "c1"), ("f2", "own", "c2")])
    scene.session.toolAnswered("c1", "1", failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
    let done = scene.client.sentText.first { $0.contains("response.done") } ?? ""
    #expect(done.contains(#""output":[{"id":"f2","#))
  }

  @Test func `a tool that the client has too is the client's`() {
    let (scene, upstream) = opened()
    upstream.receive(#"{"type":"session.updated","session":{"tools":[]}}"#)
    scene.client.receive(#"{"type":"session.update","session":{"type":"realtime","tools":[{"type":"function","name":"weather"}]}}"#)
    #expect(upstream.sentText[1].contains(#""tools":[{"type":"function","name":"weather"}]"#))
    upstream.receive(call("response.output_item.done"))
    #expect(types(scene.client).last == "response.output_item.done")
  }

  @Test func `when the user speaks meanwhile the output goes in, and the next turn brings the answer`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: [("f1", "weather", "c1")])
    upstream.receive(#"{"type":"input_audio_buffer.speech_started","item_id":"u2"}"#)
    #expect(types(scene.client).suffix(3) == ["input_audio_buffer.speech_started", "response.created", "response.done"])
    scene.session.toolAnswered("c1", "1", failure: nil)
    #expect(types(upstream) == ["session.update", "conversation.item.create"])
  }

  private struct Tools: ToolProvider {
    let tools: [ToolDefinition]
    func output(of call: ToolCall) async throws -> String {
      switch call.name {
      case "slow":
        try await Task.sleep(for: .seconds(3_600))
        return "never"
      case "broken": throw CancellationError()
      default: return call.arguments + String(repeating: "x", count: 100_000)
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `every call gets an output, whatever becomes of the tool`() async {
    func tool(_ name: String) -> ToolDefinition {
      ToolDefinition(name: name, description: "", parameters: "{}", timeout: .milliseconds(50))
    }
    let all = ["slow", "broken", "fast"].map(tool)
    let worker = ToolWorker(all)
    var generator = SeededGenerator(seed: 1)
    let session = SessionID(using: &generator)
    for name in all.map(\.name) { _ = worker.run(ToolCall(id: name, name: name, arguments: "{}", session: session, userID: nil)) }
    let (reports, reported) = AsyncStream.makeStream(of: (String, String, String?).self)
    let found = await withTaskGroup(of: [String: String].self) { group in
      group.addTask {
        await worker.run(Tools(tools: all)) { reported.yield(($1.call, $0, $1.failure)) }
        return [:]
      }
      group.addTask {
        var found: [String: String] = [:]
        for await (call, output, _) in reports {
          found[call] = output
          if found.count == all.count { break }
        }
        worker.stop()
        return found
      }
      var found: [String: String] = [:]
      for await some in group { found.merge(some) { $1 } }
      return found
    }
    #expect(found["slow"]?.contains("in time") == true)
    #expect(found["broken"]?.contains("failed") == true)
    #expect(found["fast"]?.count == ToolWorker.maxOutputCharacters)
  }

  /// A tool that returns when it is let go, whatever becomes of its task.
  private struct Stubborn: ToolProvider {
    var tools: [ToolDefinition]
    func output(of call: ToolCall) async throws -> String {
      await withCheckedContinuation { continuation in waiting.withLockedValue { $0.append(continuation) } }
      return "late"
    }
    let waiting = NIOLockedValueBox<[CheckedContinuation<Void, Never>]>([])
    func letGo() { for continuation in waiting.withLockedValue({ $0 }) { continuation.resume() } }
  }

  @Test(.timeLimit(.minutes(1))) func `a tool that ignores its cancellation is answered for in time`() async {
    let tool = ToolDefinition(name: "stubborn", description: "", parameters: "{}", timeout: .milliseconds(20))
    let provider = Stubborn(tools: [tool])
    let worker = ToolWorker([tool])
    var generator = SeededGenerator(seed: 1)
    let session = SessionID(using: &generator)
    let calls = (0...ToolWorker.maxUnderWay).map { ToolCall(id: "\($0)", name: "stubborn", arguments: "{}", session: session, userID: nil) }
    #expect(calls.map(worker.run) == calls.dropLast().map { _ in true } + [false], "one more than a model makes is refused")
    let (reports, reported) = AsyncStream.makeStream(of: String?.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await worker.run(provider) { reported.yield($1.failure) } }
      var answered = 0
      for await failure in reports {
        #expect(failure == "timeout")
        answered += 1
        if answered == ToolWorker.maxUnderWay { break }
      }
      worker.stop()
      provider.letGo()
    }
  }

  @Test func `a hundred calls of one response all get their outputs, and none is shown`() {
    let (scene, upstream) = opened()
    responds(upstream, calls: (0..<100).map { ("f\($0)", "weather", "c\($0)") })
    for number in 0..<100 { scene.session.toolAnswered("c\(number)", "12", failure: nil) }
    #expect(types(upstream).count { $0 == "conversation.item.create" } == 100)
    #expect(types(upstream).count { $0 == "response.create" } == 1)
    #expect(!scene.client.sentText.contains { $0.contains("function_call") })
  }
}
