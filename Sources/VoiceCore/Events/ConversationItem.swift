/// An item of the conversation as an event shows it, read once.
struct ConversationItem: Equatable {
  /// One part of a message.
  enum Part: Equatable {
    case text(String)
    /// Audio; its transcript is nil while no words are known.
    case audio(transcript: String?)
    /// The part as it stands.
    case image(json: String)
    /// Anything else; it keeps its index.
    case other
  }

  var id: String?
  /// `message`, `function_call`, `function_call_output`, or one that the relay knows nothing of.
  var type: String
  var role: String?
  var status: String?
  var parts: [Part] = []
  /// `call_id` of a function call, or of its output.
  var callID: String?
  var name: String?
  var arguments: String?
  var output: String?

  init(id: String?, type: String) {
    self.id = id
    self.type = type
  }

  /// Reads an `item` object.
  init(_ view: JSONView) {
    let item = JSONFields(view)
    id = item["id"]?.string
    type = item["type"]?.string ?? ""
    role = item["role"]?.string
    status = item["status"]?.string
    callID = item["call_id"]?.string
    name = item["name"]?.string
    arguments = item["arguments"]?.string
    output = item["output"]?.string
    parts = item["content"]?.elements.map(Self.part) ?? []
  }

  private static func part(_ view: JSONView) -> Part {
    let part = JSONFields(view)
    switch part["type"]?.string {
    case "input_text", "output_text", "text": return .text(part["text"]?.string ?? "")
    case "input_audio", "output_audio", "audio": return .audio(transcript: part["transcript"]?.string)
    case "input_image": return .image(json: view.json)
    default: return .other
    }
  }

  /// Type and role, by which an item that the client gave no name is known again.
  var kind: String { "\(type) \(role ?? "")" }

  var isCall: Bool { type == "function_call" }
}
