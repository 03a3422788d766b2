/// Writes JSON with members in the order given and no whitespace.
package enum JSONWriter {
  package static func write(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .number(let digits): digits
    case .string(let text): JSONText.quoted(text)
    case .array(let values): "[" + values.map(write).joined(separator: ",") + "]"
    case .object(let object): "{" + object.members.map { JSONText.quoted($0.name) + ":" + write($0.value) }.joined(separator: ",") + "}"
    }
  }
}
