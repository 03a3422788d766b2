import Testing

@testable import VoiceSimulator

/// Scripts: what they may say, and how a conversation follows them.
struct ScriptTests {
  private func client(_ script: String) throws -> SimulatedClient {
    var configuration = SimulatorConfiguration()
    configuration.script = try SimulatorTurn.script(script)
    var client = SimulatedClient(configuration)
    client.update(["output_modalities": ["text"]])
    return client
  }

  private func answer(_ client: inout SimulatedClient) -> String? {
    client.send(["type": "response.create"])
    client.pass(milliseconds: 10_000)
    return client.last("response.done")?["response"]?["output"]?.array?.first?["content"]?.array?.first?["text"]?.string
  }

  @Test func `lines without a user's words are answered one after the other, over and over`() throws {
    var client = try client("{\"assistant\":\"One.\"}\n\n{\"assistant\":\"Two.\"}\n")
    for expected in ["One.", "Two.", "One."] {
      client.write("Go on")
      #expect(answer(&client) == expected)
    }
  }

  @Test func `what is typed looks for the line that says the same, however it is written`() throws {
    var client = try client(#"{"user":"First?","assistant":"A"}"# + "\n" + #"{"user":"Second, please!","assistant":"B"}"#)
    client.write("second please")
    #expect(answer(&client) == "B")
    client.write("Something else entirely")
    #expect(answer(&client) == "I heard you say: Something else entirely")
  }

  @Test func `a tool is called first, and the words are said about its output`() throws {
    var client = try client(#"{"user":"Where is it?","tool":{"name":"find","arguments":{"id":7}},"assistant":"On its way."}"#)
    client.write("Where is it?")
    #expect(answer(&client) == nil)
    let call = client.last("response.function_call_arguments.done")
    #expect(call?["name"] == "find")
    #expect(call?["arguments"] == #"{"id":7}"#)
    client.send([
      "type": "conversation.item.create",
      "item": ["type": "function_call_output", "call_id": call?["call_id"] ?? .null, "output": "{}"],
    ])
    #expect(answer(&client) == "On its way.")
  }

  @Test func `the spoken words of a line are its transcript`() throws {
    var client = try client(#"{"user":"Is anybody there at all?"}"#)
    client.update(["audio": ["input": ["transcription": ["model": "gpt-realtime-whisper"]]]])
    client.speak()
    client.pass(milliseconds: 2_000)
    let deltas = client.events("conversation.item.input_audio_transcription.delta").compactMap { $0["delta"]?.string }
    #expect(deltas.joined() == "Is anybody there at all?")
    #expect(client.last("conversation.item.input_audio_transcription.completed")?["transcript"] == "Is anybody there at all?")
  }

  @Test func `a line fails, breaks off, or takes its time as it says`() throws {
    var client = try client(
      """
      {"error":{"type":"tokens","code":"rate_limit_exceeded","message":"Too many."}}
      {"assistant":"This is not said to its end.","incomplete":"content_filter"}
      {"assistant":"Late.","first_audio_ms":5000}
      """)
    _ = answer(&client)
    #expect(client.last("response.done")?["response"]?["status_details"]?["error"]?["message"] == "Too many.")
    #expect(answer(&client) == "This is not")
    #expect(client.last("response.done")?["response"]?["status_details"]?["reason"] == "content_filter")
    client.send(["type": "response.create"])
    client.pass(milliseconds: 4_999)
    #expect(client.events("response.done").count == 2)
    client.pass(milliseconds: 1_000)
    #expect(client.events("response.done").count == 3)
  }

  @Test(arguments: [
    ("no json", "no JSON"), ("[]", "no JSON object"), (#"{"usre":"x"}"#, "unknown member 'usre'"), (#"{"user":1}"#, "'user' is no string"),
    (#"{"tool":{}}"#, "a tool without a name"), (#"{"tool":{"name":"a","arguments":[]}}"#, "'tool.arguments' is no object"),
    (#"{"incomplete":"soon"}"#, "'incomplete' is 'content_filter' or 'max_output_tokens'"),
    (#"{"first_audio_ms":-1}"#, "'first_audio_ms' is a number from 0 to 600000"), (#"{"error":{}}"#, "'error' without a code"),
  ])
  func `a wrong line is named, with what is wrong about it`(line: String, problem: String) {
    #expect(throws: SimulatorScriptError(line: 3, problem: problem)) { try SimulatorTurn.script("{}\n\n" + line) }
  }
}
