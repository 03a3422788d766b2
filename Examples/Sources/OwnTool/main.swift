import VoiceCore

/// A function that the model may call, and this server runs.
struct OrderStatus: ToolProvider {
  let tools = [
    ToolDefinition(
      name: "order_status", description: "Where an order is.",
      parameters: #"{"type":"object","properties":{"number":{"type":"string"}},"required":["number"]}"#, timeout: .seconds(3))
  ]

  func output(of call: ToolCall) async throws -> String {
    // What the caller may see is decided by who the caller is, not by what the model wrote.
    #"{"user":"\#(call.userID ?? "unknown")","status":"on its way"}"#
  }
}

// `dependencies.tools = OrderStatus()` gives it to a gateway.
let call = ToolCall(
  id: "call_1", name: "order_status", arguments: #"{"number":"A-1042"}"#, session: SessionID("vs_00000000000000000000000000000001")!,
  userID: "ada")
print(try await OrderStatus().output(of: call))
