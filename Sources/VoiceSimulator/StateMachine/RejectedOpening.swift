import VoiceCore

/// Refusal right after the upgrade: one error, and a close in the same moment.
enum RejectedOpening {
  static func judge(_ opening: SimulatorOpening, _ configuration: SimulatorConfiguration) -> (SchemaViolation, WebSocketClosure)? {
    if opening.hasBetaHeader {
      let message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
      return fatal("beta_api_shape_disabled", message, 4_000)
    }
    guard let key = opening.key, !key.isEmpty else { return fatal(nil, "Missing bearer or basic authentication in header", 3_000) }
    let isKnown = configuration.keys?.contains(key.expose()) ?? true
    if configuration.fatalOpen == .auth || !isKnown {
      // The provider shows a part of the key; this server shows none.
      let message = "Incorrect API key provided: ***. You can find your API key at https://platform.openai.com/account/api-keys."
      return fatal("invalid_api_key", message, 3_000)
    }
    if opening.isTranscription { return nil }
    guard let model = opening.model, !model.isEmpty else {
      let message = "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime-1.5"
      return fatal("missing_model", message, 4_000)
    }
    if configuration.fatalOpen == .model || !configuration.takes(model: model) {
      let message = """
        Model "\(model)" is not supported in realtime mode. See https://platform.openai.com/docs/models for a list of supported models.
        """
      return fatal("invalid_model", message, 4_000)
    }
    return nil
  }

  private static func fatal(_ code: String?, _ message: String, _ close: UInt16) -> (SchemaViolation, WebSocketClosure) {
    let reason = "invalid_request_error" + (code.map { ".\($0)" } ?? "")
    return (SchemaViolation(code: code, message: message), WebSocketClosure(code: close, reason: reason))
  }
}
