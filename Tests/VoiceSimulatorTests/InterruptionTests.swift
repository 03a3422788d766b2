import NIOCore
import Testing
import VoiceCore

@testable import VoiceSimulator

/// Cancelling and truncating, with the errors of doing so at the wrong time.
struct InterruptionTests {
  /// A client that hears a long answer, and its response's and item's ids.
  private func listening(milliseconds: Double = 600) -> (client: SimulatedClient, response: String, item: String) {
    var configuration = SimulatorConfiguration()
    configuration.firstAudioDelay = .milliseconds(100)
    var client = SimulatedClient(configuration)
    client.write("Tell me a story.")
    client.send(["type": "response.create"])
    client.pass(milliseconds: milliseconds)
    let response = client.last("response.created")?["response"]?["id"]?.string ?? ""
    return (client, response, client.last("response.output_item.added")?["item"]?["id"]?.string ?? "")
  }

  private func truncate(_ item: String, _ milliseconds: Int) -> JSON {
    [
      "type": "conversation.item.truncate", "event_id": "evt_t", "item_id": .string(item), "content_index": 0,
      "audio_end_ms": .int(milliseconds),
    ]
  }

  // MARK: Cancel

  @Test func `a cancelled response ends with its tail, and nothing more of it comes`() {
    var (client, response, _) = listening()
    client.forgetEvents()
    client.send(["type": "response.cancel"])
    #expect(
      client.types == [
        "response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done", "conversation.item.done",
        "response.output_item.done", "response.done",
      ])
    let done = client.last("response.done")?["response"]
    #expect(done?["id"]?.string == response)
    #expect(done?["status"] == "cancelled")
    #expect(done?["status_details"] == ["type": "cancelled", "reason": "client_cancelled"])
    #expect(done?["output"]?.array?.first?["status"] == "incomplete")
    #expect(done?["usage"]?["output_tokens"]?.int ?? 0 > 0)
    client.forgetEvents()
    client.pass(milliseconds: 30_000)
    #expect(client.types == ["rate_limits.updated"])
  }

  @Test func `a response that is cancelled before it said anything has no output`() {
    var (client, _, _) = listening(milliseconds: 50)
    client.send(["type": "response.cancel"])
    #expect(client.types.suffix(2) == ["response.created", "response.done"])
    #expect(client.last("response.done")?["response"]?["output"] == [])
  }

  @Test func `cancelling what is not there is an error that names the event`() {
    var (client, response, _) = listening()
    client.send(["type": "response.cancel", "event_id": "evt_1", "response_id": "resp_other"])
    client.send(["type": "response.cancel", "response_id": .string(response)])
    client.send(["type": "response.cancel", "event_id": "evt_2"])
    #expect(client.errorCodes == ["response_cancel_not_active", "response_cancel_not_active"])
    #expect(client.events("error").map { $0["error"]?["event_id"] } == ["evt_1", "evt_2"])
    #expect(client.events("response.done").count == 1)
  }

  @Test func `a response beside the conversation is cancelled by its id alone`() {
    var client = SimulatedClient()
    client.send(["type": "response.create", "response": ["conversation": "none", "output_modalities": ["text"]]])
    client.send(["type": "response.cancel"])
    #expect(client.errorCodes == ["response_cancel_not_active"])
    client.send(["type": "response.cancel", "response_id": client.last("response.created")?["response"]?["id"] ?? .null])
    #expect(client.last("response.done")?["response"]?["status"] == "cancelled")
  }

  @Test func `speech does not interrupt where the session says so, nor a response beside the conversation`() {
    var (client, response, _) = listening()
    client.update(["audio": ["input": ["turn_detection": ["type": "server_vad", "interrupt_response": false]]]])
    client.append(milliseconds: 300, isLoud: true)
    #expect(client.last("input_audio_buffer.speech_started") != nil)
    #expect(client.last("response.done") == nil)
    client.send(["type": "response.cancel", "response_id": .string(response)])
    #expect(client.last("response.done")?["response"]?["status_details"]?["reason"] == "client_cancelled")
  }

  // MARK: Truncate

  @Test func `a truncated item loses the words and the audio that were not heard`() {
    var (client, _, item) = listening()
    client.send(["type": "response.cancel"])
    client.send(truncate(item, 620))
    #expect(client.last("conversation.item.truncated")?["audio_end_ms"] == 620)
    client.send(["type": "conversation.item.retrieve", "item_id": .string(item)])
    let part = client.last("conversation.item.retrieved")?["item"]?["content"]?.array?.first
    #expect(part?["transcript"] == .null)
    let audio = Array((part?["audio"]?.string ?? "").utf8).withUnsafeBytes(Base64.decode)
    #expect(audio?.count == 620 * 48)
    client.send(truncate(item, 621))
    #expect(client.last("error")?["error"]?["message"] == "Audio content of 620ms is already shorter than 621ms")
  }

  @Test func `an item that is still being sent can be truncated, and stays so`() {
    var (client, _, item) = listening()
    client.send(truncate(item, 200))
    client.pass(milliseconds: 60_000)
    #expect(client.last("response.done")?["response"]?["status"] == "completed")
    client.send(truncate(item, 201))
    #expect(client.errorCodes == ["invalid_value"])
  }

  @Test func `truncating too far, to nothing, or what is no speech of the model's are errors`() {
    var (client, _, item) = listening()
    client.send(["type": "response.cancel"])
    client.write("Words.")
    let user = client.last("conversation.item.added")?["item"]?["id"]?.string ?? ""
    for (id, milliseconds) in [(item, 99_000), (item, 0), (user, 100), ("item_missing", 100)] { client.send(truncate(id, milliseconds)) }
    client.send(truncate(item, -1))
    #expect(
      client.errorCodes == [
        "invalid_value", "unsupported_content_type", "unsupported_content_type", "item_truncate_invalid_item_id",
        "integer_below_min_value",
      ])
    #expect(client.events("error").allSatisfy { $0["error"]?["event_id"] == "evt_t" })
    #expect(client.last("conversation.item.truncated") == nil)
  }

  @Test func `a deleted item is gone, and a response goes on without it`() {
    var (client, _, item) = listening()
    client.send(["type": "conversation.item.delete", "item_id": .string(item)])
    client.pass(milliseconds: 60_000)
    #expect(client.last("response.done")?["response"]?["status"] == "completed")
    client.send(["type": "conversation.item.delete", "event_id": "evt_d", "item_id": .string(item)])
    let error = client.last("error")?["error"]
    #expect(error?["code"] == "item_delete_invalid_item_id")
    #expect(error?["event_id"] == .null)
  }
}
