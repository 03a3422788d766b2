import NIOCore

/// Events as clients and the provider send them.
enum Messages {
  /// Audio of 50 ms, in a message of exactly 3,200 bytes.
  static let append = audio(#"{"type":"input_audio_buffer.append","event_id":"event_0001","audio":""#)

  /// The same the other way.
  static let delta = audio(
    #"{"type":"response.output_audio.delta","event_id":"event_uYQBseSVtzgJ4hw8g","response_id":"resp_SAL1Ci2rJyViNel9fNivY","#
      + #""item_id":"item_exdu3BEYdTtBiInsfzfem","output_index":0,"content_index":0,"delta":""#)

  /// A client's settings: nested objects, numbers, a text with escapes.
  static let sessionUpdate = ByteBuffer(string: #"{"type":"session.update","event_id":"event_0002","session":{"# + session + "}}")

  static let sessionCreated = ByteBuffer(
    string: #"{"type":"session.created","event_id":"event_wwso6BeFIAy1MTgNi4qWq","session":{"id":"sess_k9duFiSXyfaZ1rfchTrnd","#
      + session + "}}")

  static let responseCreated = ByteBuffer(
    string: #"{"type":"response.created","event_id":"event_7Lw2mXbQ0cVtYkRzNfHsA","response":{"object":"realtime.response","#
      + #""id":"resp_SAL1Ci2rJyViNel9fNivY","status":"in_progress","output":[],"usage":null,"metadata":null}}"#)

  private static let session =
    #""type":"realtime","object":"realtime.session","model":"gpt-realtime-2.1","output_modalities":["audio"],"instructions":"You are a "#
    + #"\"helpful\" assistant.\nAnswer in one sentence.","tools":[{"type":"function","name":"weather","description":"Weather of a city","#
    + #""parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}],"#
    + #""tool_choice":"auto","max_output_tokens":"inf","tracing":null,"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},"#
    + #""transcription":null,"turn_detection":{"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":200,"#
    + #""create_response":true,"interrupt_response":true}},"output":{"format":{"type":"audio/pcm","rate":24000},"voice":"marin","speed":1.0}}"#

  /// Base64 comes in fours: what is left over is spaces at the end.
  private static func audio(_ head: String) -> ByteBuffer {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bytes = Array(head.utf8)
    var state: UInt32 = 2_463_534_242
    for _ in 0..<((3_198 - bytes.count) / 4 * 4) {
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      bytes.append(digits[Int(state >> 26)])
    }
    bytes += Array(#""}"#.utf8)
    bytes += [UInt8](repeating: 0x20, count: 3_200 - bytes.count)
    return ByteBuffer(bytes: bytes)
  }
}
