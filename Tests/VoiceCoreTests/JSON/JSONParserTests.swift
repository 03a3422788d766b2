import Testing

@testable import VoiceCore

struct JSONParserTests {
  private func parse(_ text: String) throws(JSONParser.Fault) -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

  @Test(arguments: [
    ("null", JSONValue.null), (" true ", .boolean(true)), ("\t\r\n false", .boolean(false)), ("0", .number("0")),
    ("-0.50e+7", .number("-0.50e+7")),
    ("1E9", .number("1E9")), ("[]", .array([])), ("[1, [\"a\"]]", .array([.number("1"), .array([.string("a")])])),
    (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")), (#""\u00e9\uD83d\uDE00x""#, .string("é😀x")),
    ("\"é😀\u{7F}\"", .string("é😀\u{7F}")),
  ])
  func `a value is what it says`(text: String, value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test(arguments: [
    ("", "not a value"), ("nul", "not a value"), ("nulL", "not a value"), ("trux", "not a value"), ("fals", "not a value"),
    ("NaN", "not a value"),
    ("'a'", "not a value"), ("+1", "not a value"), (".5", "not a value"), ("-", "not a value"), ("1.", "not a value"),
    ("1e", "not a value"),
    ("01", "trailing data"), ("-01", "trailing data"), ("1 2", "trailing data"), ("{}}", "trailing data"), ("// x", "not a value"),
    ("[1 2]", "an array without an end"), ("[1", "an array without an end"), ("[1,]", "not a value"), ("[,1]", "not a value"),
    (#"{"a":1 "b":2}"#, "an object without an end"), (#"{"a":1"#, "an object without an end"), (#"{"a":1,}"#, "a member without a name"),
    ("{a:1}", "a member without a name"), (#"{"a" 1}"#, "a member without a value"), (#"{"a";1}"#, "a member without a value"),
    (#"{"a":1,"a":2}"#, "a duplicate member"), (#"{"a":1,"\u0061":2}"#, "a duplicate member"),
    ("\"a", "a string without an end"), (#""\"#, "a string without an end"), (#""\u12"#, "a string without an end"),
    (#""\x""#, "an unknown escape"), (#""\U0041""#, "an unknown escape"), (#""\u00g0""#, "an unknown escape"),
    ("\"\u{0}\"", "a control character in a string"), ("\"a\nb\"", "a control character in a string"),
    ("\"\\n\u{1F}\"", "a control character in a string"),
    (#""\uDE00""#, "half a surrogate pair"), (#""\uD83D""#, "half a surrogate pair"), (#""\uD83Dx""#, "half a surrogate pair"),
    (#""\uD83D\n""#, "half a surrogate pair"), (#""\uD83D\u0041""#, "half a surrogate pair"), (#""\uD83D\uD83D""#, "half a surrogate pair"),
    (#""\uDE00\uDE00""#, "half a surrogate pair"), (#""\uD83DxuDE00""#, "half a surrogate pair"),
    (#""\uD83D\xDE00""#, "half a surrogate pair"),
  ])
  func `what is no JSON is refused`(text: String, message: String) {
    #expect(throws: JSONParser.Fault(message: message)) { try parse(text) }
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3]] as [[UInt8]])
  func `what is no UTF-8 is refused`(bytes: [UInt8]) {
    #expect(throws: JSONParser.Fault(message: "not UTF-8")) { try JSONParser.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONParser.Fault(message: "not UTF-8")) { try JSONParser.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
  }

  @Test func `depth and width have bounds`() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    func wide(_ count: Int) -> String { "{" + (0..<count).map { #""\#($0)":0"# }.joined(separator: ",") + "}" }
    #expect(throws: Never.self) { try parse(nested(16)) }
    #expect(throws: JSONParser.Fault(message: "nested too deeply")) { try parse(nested(17)) }
    #expect(throws: Never.self) { try parse(wide(128)) }
    #expect(throws: JSONParser.Fault(message: "too many members")) { try parse(wide(129)) }
  }

  @Test func `names that only look the same are different`() throws {
    let object = try #require(parse(#"{"caf\u00e9":1,"cafe\u0301":2}"#).object)
    #expect(object.members.count == 2)
    #expect(object["caf\u{E9}"] == .number("1") && object["cafe\u{301}"] == .number("2"))
  }

  @Test func `what is written parses to the same`() throws {
    let value = JSONValue.object(try #require(parse(#"{"a\u0000\"\\":[1.50,"é\n",null,true,{}],"b":-0}"#).object))
    #expect(try parse(JSONWriter.write(value)) == value)
  }
}
