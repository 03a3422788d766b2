import NIOCore
import Testing

@testable import VoiceCore

struct JSONEditorTests {
  private func set(_ path: [StaticString], _ value: String, in json: String) -> String? {
    JSONEditor.setting(path, to: value, in: ByteBuffer(string: json)).map { String(buffer: $0) }
  }
  private func remove(_ path: [StaticString], in json: String) -> String {
    String(buffer: JSONEditor.removing(path, in: ByteBuffer(string: json)))
  }

  @Test func `a value that is there is replaced, and every other byte stays`() {
    #expect(
      set(["a", "b"], "false", in: #" {"x" : [1, 2],"a":{ "b" :true, "c":"\"}"}} "#) == #" {"x" : [1, 2],"a":{ "b" :false, "c":"\"}"}} "#)
  }

  @Test func `what is missing on the way is made`() {
    #expect(set(["a", "b", "c"], "1", in: "{}") == #"{"a":{"b":{"c":1}}}"#)
    #expect(set(["a", "b", "c"], "1", in: #"{"z":0,"a":{"y":2}}"#) == #"{"z":0,"a":{"b":{"c":1},"y":2}}"#)
    #expect(set(["a", "b"], "1", in: #"{"a":{ }}"#) == #"{"a":{"b":1 }}"#)
  }

  @Test func `null on the way, a list, or no object at all is left alone`() {
    #expect(set(["a", "b"], "1", in: #"{"a":null}"#) == nil)
    #expect(set(["a", "b"], "1", in: #"{"a":[]}"#) == nil)
    #expect(set(["a"], "1", in: "[]") == nil)
  }

  @Test func `a member goes with its comma, wherever it stands`() {
    #expect(remove(["a"], in: #"{"a":1}"#) == "{}")
    #expect(remove(["a"], in: #"{"a":1,"b":2}"#) == #"{"b":2}"#)
    #expect(remove(["b"], in: #"{"a":1 , "b":{"c":[]}}"#) == #"{"a":1 }"#)
    #expect(remove(["b"], in: #"{"a":1,"b":2 ,"c":3}"#) == #"{"a":1,"c":3}"#)
    #expect(remove(["x", "b"], in: #"{"a":1}"#) == #"{"a":1}"#)
  }
}
