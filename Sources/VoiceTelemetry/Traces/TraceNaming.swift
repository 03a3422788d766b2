public import TelemetryExport
import VoiceCore

/// Names of what a trace tells, by OpenTelemetry's conventions for generative AI where they have one, and of those whom it is about.
public struct TraceNaming: Sendable {
  /// `gen_ai.provider.name`: `openai`, `azure.ai.openai` or another.
  public var provider: String
  /// Names that stand for users.
  public var pseudonyms: UserPseudonyms

  /// Creates names for the traces of a provider.
  public init(provider: String = "openai", pseudonyms: UserPseudonyms = .ephemeral()) {
    self.provider = provider
    self.pseudonyms = pseudonyms
  }

  /// The provider behind a URL: Azure's by its hosts, else OpenAI's protocol.
  public static func provider(ofURL url: String) -> String { AzureHost.isNamed(by: url) ? "azure.ai.openai" : "openai" }

  /// Names of a turn's response.
  func attributes(ofResponse id: String, status: String, _ usage: TokenUsage?, in session: SessionContext) -> [TraceAttribute] {
    var attributes = [
      TraceAttribute("gen_ai.operation.name", .text("chat")), TraceAttribute("gen_ai.provider.name", .text(provider)),
      TraceAttribute("gen_ai.request.model", .text(session.model)), TraceAttribute("gen_ai.response.id", .text(id)),
      TraceAttribute("gen_ai.conversation.id", .text(session.id.rawValue)), TraceAttribute("gen_ai.output.type", .text("speech")),
      TraceAttribute("gen_ai.response.finish_reasons", .text(status)),
    ]
    guard let usage else { return attributes }
    attributes += [
      TraceAttribute("gen_ai.usage.input_tokens", .integer(usage.input)),
      TraceAttribute("gen_ai.usage.output_tokens", .integer(usage.output)),
      TraceAttribute("gen_ai.usage.cache_read.input_tokens", .integer(usage.cached)),
      TraceAttribute("tokens", .integer(usage.total)),
    ]
    return attributes
  }

  func attributes(of query: QueryMetrics) -> [TraceAttribute] {
    var attributes = [
      TraceAttribute("gen_ai.operation.name", .text("retrieval")), TraceAttribute("outcome", .text(query.end.label)),
    ]
    switch query.end {
    case .found(let passages): attributes.append(TraceAttribute("passages", .integer(passages)))
    case .failed(let code): attributes.append(TraceAttribute("error.type", .text(code.description)))
    case .nothing, .cancelled: break
    }
    return attributes
  }

  func attributes(of tool: ToolMetrics) -> [TraceAttribute] {
    var attributes = [
      TraceAttribute("gen_ai.operation.name", .text("execute_tool")), TraceAttribute("gen_ai.tool.name", .text(tool.name)),
      TraceAttribute("gen_ai.tool.call.id", .text(tool.call)), TraceAttribute("gen_ai.tool.type", .text("function")),
    ]
    if let failure = tool.failure { attributes.append(TraceAttribute("error.type", .text(failure))) }
    return attributes
  }
}
