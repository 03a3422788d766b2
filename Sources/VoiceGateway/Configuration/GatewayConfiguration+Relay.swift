import HTTPTypes
import NIOCore
package import VoiceCore

extension GatewayConfiguration {
  /// Audio faster than any network brings it: events and bytes have limits of their own.
  private static let unlimitedSpeed = 1_000_000.0

  /// `prefetches`: there is something to retrieve context from.
  func relayConfiguration(for request: SessionRequest, prefetches: Bool, reportsCost: Bool, tools: [ToolDefinition] = [])
    -> RealtimeRelayConfiguration
  {
    var configuration = RealtimeRelayConfiguration(
      hasVoiceEvents: request.hasVoiceEvents, clientBufferBytes: session.clientBufferBytes,
      redial: redial, resumeGrace: session.resumeGrace,
      eventLimits: EventLimits(bytes: session.maxEventBytes),
      clientRate: ClientRateLimits(audioSpeed: session.clientAudioSpeed == 0 ? Self.unlimitedSpeed : session.clientAudioSpeed),
      // A session of the pure protocol cannot be resumed, since its client never learns its name: its words are not kept.
      storesConversation: request.hasVoiceEvents,
      reportsCost: reportsCost,
      clock: .init(
        maxDuration: session.maxDuration, notices: session.notices, idleTimeout: session.idleTimeout == .zero ? nil : session.idleTimeout))
    // A transcription session has neither instructions nor answers.
    guard !request.isTranscription else { return configuration }
    configuration.policy.instructions = upstream.instructions
    configuration.policy.maxOutputTokens = upstream.maxOutputTokens
    configuration.policy.tools = tools
    let models = upstream.allowedModels ?? [upstream.model]
    configuration.policy.allowedModels = models.contains("*") ? nil : Set(models)
    guard prefetches, let prefetch else { return configuration }
    configuration.policy.transcriptionModel = upstream.transcriptionModel
    configuration.policy.holdsResponses = true
    configuration.prefetch = prefetch
    configuration.parallelTranscription = upstream.parallelTranscription
    return configuration
  }
}

extension GatewayConfiguration.Upstream {
  /// Returns true if `?model=` may be this.
  package func allows(model: String) -> Bool {
    guard let allowedModels else { return model == self.model }
    return allowedModels.contains("*") || allowedModels.contains(model)
  }

  /// True when a client secret may name this model of transcription: a list of models holds for these too, the default aside.
  package func allows(transcriptionModel model: String) -> Bool {
    guard let allowedModels else { return true }
    return model == transcriptionModel || allowedModels.contains("*") || allowedModels.contains(model)
  }

  var parallelTranscription: ParallelTranscription? {
    transcribesInParallel ? ParallelTranscription(target: target(query: "intent=transcription"), model: transcriptionModel) : nil
  }

  /// Says why no session could be dialled; nil where all can.
  var problem: String? {
    if urls.isEmpty { return "no URL of an upstream" }
    for (name, count) in [("keys", apiKeys.count), ("key headers", keyHeaders.count)] where count > 1 && count != urls.count {
      return "\(count) \(name) for \(urls.count) upstream URLs: give one, or one for each"
    }
    return nil
  }

  /// Target to dial for a client. The client's own header fields are not sent, its `OpenAI-Beta` among them.
  func target(for request: SessionRequest, preset: PresetSession?, model: String, trace: TraceContext) -> RealtimeTarget {
    let transcribes = request.isTranscription || preset?.isTranscription == true
    var target = target(query: transcribes ? "intent=transcription" : "model=\(PercentCoding.encoded(model))")
    for field in trace.headerFields { target.headers.append(field) }
    return target
  }

  /// The first choice, with the others behind it.
  package func target(query: String) -> RealtimeTarget {
    var targets = urls.indices.map { target($0, query: query) }
    var first = targets.removeFirst()
    first.alternatives = targets
    return first
  }

  private func target(_ index: Int, query: String) -> RealtimeTarget {
    let url = urls[index].expose()
    var headers = HTTPFields()
    if let key = apiKeys.count > 1 ? apiKeys[index] : apiKeys.first {
      let header = keyHeaders.count > 1 ? keyHeaders[index] : keyHeaders.first ?? Self.usualHeader(of: url)
      switch header {
      case .authorization: headers[.authorization] = "Bearer \(key.expose())"
      case .apiKey: headers[HTTPField.Name("api-key")!] = key.expose()
      }
    }
    return RealtimeTarget(url: url + (url.contains("?") ? "&" : "?") + query, headers: headers)
  }

  private static func usualHeader(of url: String) -> KeyHeader { AzureHost.isNamed(by: url) ? .apiKey : .authorization }
}
