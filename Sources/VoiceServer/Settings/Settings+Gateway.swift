import RAGPrefetch
import VoiceCore
import VoiceGateway

extension Settings {
  /// The settings of the gateway itself.
  var gateway: GatewayConfiguration {
    var configuration = GatewayConfiguration()
    configuration.upstream = upstream
    configuration.limits = limits
    configuration.session = session
    configuration.http.allowedOrigins = http.allowedOrigins
    configuration.http.trustedProxies = http.trustedProxies
    configuration.http.handshakeTimeout = http.handshakeTimeout
    configuration.http.drainTimeout = http.drainTimeout
    configuration.http.adminToken = http.adminToken
    configuration.http.adminLoopback = http.adminLoopback
    configuration.redial.maxAttempts = retry.maxAttempts
    configuration.redial.factor = retry.backoffFactor
    configuration.prefetch = Prefetcher(rag.prefetch)
    configuration.traceSampler = telemetry.otlp.traceSampler
    configuration.version = telemetry.version
    return configuration
  }
}

extension Settings.RAG {
  /// Prefetch settings.
  var prefetch: PrefetchConfiguration {
    PrefetchConfiguration(
      minWords: minWords, maxWait: maxWait, topK: topK, maxContextCharacters: maxContextCharacters, queryTimeout: timeout)
  }
}
