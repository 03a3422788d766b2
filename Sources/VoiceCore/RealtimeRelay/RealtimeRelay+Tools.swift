import Logging
import NIOCore

/// The gateway's own tools: what the model calls runs beside the loop, and its output goes upstream.
extension RealtimeRelay {
  func runTool(id: String, name: String, arguments: String) {
    logger.debug("tool called", metadata: ["tool": "\(name)", "call": "\(id)"])
    guard let tools else { return }
    let context = core.session.context
    let call = ToolCall(id: id, name: name, arguments: arguments, session: context.id, userID: context.userID)
    if tools.run(call) { return }
    // After the events that are being handled now.
    eventLoop.assumeIsolated().execute { [self] in
      toolAnswered(id, #"{"error":"too many calls at once"}"#, failure: "too many calls at once")
    }
  }

  func toolAnswered(_ call: String, _ output: String, failure: String?) {
    if let failure {
      // Neither arguments nor output: both are the user's.
      logger.warning("tool failed", metadata: ["call": "\(call)", "error": "\(failure)"])
      observe(.error(code: "tool_failed"))
    }
    guard core.life.closeReason == nil else { return }
    perform(core.conversation.toolFinished(call, output: output))
    upstream?.flush()
    endIfDrained()
  }
}
