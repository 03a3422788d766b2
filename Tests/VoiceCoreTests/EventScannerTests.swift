import NIOCore
import Testing
import VoiceTesting

@testable import VoiceCore

struct EventScannerTests {
  private func whole(_ json: String) -> EventScanner.Result { EventScanner.scanWhole(ByteBuffer(string: json)) }
  private func first(_ json: String) -> EventScanner.Result { EventScanner.scanFirst(ByteBuffer(string: json)) }

  @Test(arguments: [
    #"{"type":"response.create"}"#, #"  { "event_id" : "a" , "type"  :  "response.create" } "#,
    #"{"item":{"type":"message","content":[{"type":"input_text"}]},"type":"response.create"}"#,
    #"{"a":"\"type\":\"session.update\"","type":"response.create"}"#, #"{"a":"\\","b":[[],{},"]}"],"type":"response.create"}"#,
    "{\r\n\t\"n\":-1.5e+9,\"t\":true,\"x\":null,\n\"type\":\"response.create\"}",
    #"{"\u0074y\u0070e":"response\u002ecreate"}"#, #"{"ty\u0070e":"response.create","😀":"\ud83d\ude00"}"#,
  ])
  func `the type is found in any key order, through nesting, escapes and whitespace`(json: String) {
    #expect(whole(json) == .event(.responseCreate))
    #expect(first(json) == .event(.responseCreate))
  }

  @Test(arguments: ["{}", #"{"a":1}"#, #"{"type":5}"#, #"{"type":{"type":"ping"}}"#, "[]", #""type""#, "null", " 12 ", #"{"Type":"ping"}"#])
  func `a text without a type that is a string is untyped`(json: String) { #expect(whole(json) == .untyped) }

  @Test(arguments: [
    "", " ", "{", "}", #"{"type""#, #"{"type":"#, #"{"type":"ping""#, #"{"type":"ping",}"#, #"{"type":"ping"} x"#, #"{"type":"ping\"}"#,
    #"{type:"ping"}"#, #"{"a":[1,2,"type":"ping"}"#, #"{"type":"ping"}{"type":"ping"}"#, "not json", #"{"a" 1}"#, #"{"a":}"#,
  ])
  func `what is no whole JSON text is malformed`(json: String) { #expect(whole(json) == .malformed) }

  @Test(arguments: [
    #"{"type":"ping","type":"session.update"}"#, #"{"type":"ping","t\u0079pe":"session.update"}"#, #"{"type":5,"type":"ping"}"#,
  ])
  func `an object that says two types is ambiguous`(json: String) { #expect(whole(json) == .ambiguous) }

  @Test func `every kind is found by its own name, and by no other`() {
    for code in 1..<EventKind.names.count {
      let name = "\(EventKind.names[code])"
      #expect(EventKind(type: name).description == name)
      #expect(EventKind(type: name + "x") == .unknown)
      #expect(EventKind(type: "x" + name.dropFirst()) == .unknown)
    }
    #expect(EventKind(type: String(repeating: "a", count: 5_000)) == .unknown)
    #expect(EventKind(type: "") == .unknown)
  }

  @Test func `a lone surrogate in the type does not match`() {
    #expect(whole(#"{"type":"response.create\ud800"}"#) == .event(.unknown))
    #expect(whole(#"{"type":"response.create\udc00\ud800"}"#) == .event(.unknown))
  }

  @Test func `a message of megabytes with its type at the end is found`() {
    let audio = String(repeating: "QUJD", count: 4 << 18)
    #expect(whole(#"{"audio":"\#(audio)","type":"input_audio_buffer.append"}"#) == .event(.inputAudioAppend))
  }

  @Test func `a run of backslashes before a quotation mark ends the string only when it is even`() {
    for count in 0..<40 {
      let json = #"{"a":""# + String(repeating: "\\", count: count) + #"","type":"ping"}"#
      #expect(whole(json) == (count.isMultiple(of: 2) ? .event(.ping) : .malformed))
    }
  }

  /// Mutated at random, an event must never crash the walk; a walk that stops early must agree with one that does not.
  @Test func `mutated events are survived`() {
    var random = SeededGenerator(seed: 7)
    let seeds = [
      #"{"event_id":"e","type":"session.update","session":{"a":[1,{"b":"\\\"x"}],"type":"realtime"}}"#,
      #"{"delta":"AAAA","ty\u0070e":"response.output_audio.delta","n":[-1.0e3,true,null]}"#,
    ]
    for _ in 0..<20_000 {
      var bytes = Array(seeds.randomElement(using: &random)!.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.insert(#"{}[]":\,"#.utf8.randomElement(using: &random)!, at: index)
        }
      }
      let buffer = ByteBuffer(bytes: bytes)
      if case .event(let kind) = EventScanner.scanWhole(buffer) { #expect(EventScanner.scanFirst(buffer) == .event(kind)) }
    }
  }
}
