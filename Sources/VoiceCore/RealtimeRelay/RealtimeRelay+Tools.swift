import Logging
import NIOCore

/// The gateway's own tools: what the model calls runs beside the loop, and its output goes upstream.
extension RealtimeRelay {
  func runTool(id: String, name: String, arguments: String) {
    logger.debug("tool called", metadata: ["tool": "\(name)", "call": "\(id)"])
    tools?.run(ToolCall(id: id, name: name, arguments: arguments, session: core.session.context.id, userID: core.session.context.userID))
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
