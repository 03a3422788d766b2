import VoiceGateway

// What one setting cannot know of another.
extension Settings {
  /// Reads the files that stand for values, then judges the settings together. Returns what is wrong, a line each.
  mutating func complete() -> [String] {
    var problems: [String] = []
    fill(\.upstream.instructions, from: files.instructions, "VOICE_INSTRUCTIONS", &problems)
    fill(\.auth.publicKey, from: auth.publicKeyFile, "JWT_PUBLIC_KEY", &problems)
    if let key = auth.publicKey, !key.contains("-----BEGIN ") {
      problems.append("\(auth.publicKeySetting): got \(SettingsError.shape(of: key, isSecret: true)); expected a PEM public key")
    }
    if (http.tlsCertificateFile == nil) != (http.tlsKeyFile == nil) {
      let missing = http.tlsKeyFile == nil ? "TLS_KEY_FILE" : "TLS_CERT_FILE"
      problems.append("\(missing): not set; expected a file, since TLS_CERT_FILE and TLS_KEY_FILE belong together")
    }
    if (redis.clientCertificate == nil) != (redis.clientKey == nil) {
      let missing = redis.clientKey == nil ? "REDIS_KEY" : "REDIS_CERT"
      problems.append("\(missing): not set; expected PEM, since REDIS_CERT and REDIS_KEY belong together")
    }
    let urls = upstream.urls.count
    if upstream.urls.isEmpty { problems.append("OPENAI_REALTIME_URL: empty; expected at least one URL") }
    for (name, count) in [("OPENAI_API_KEY", upstream.apiKeys.count), ("OPENAI_AUTH_HEADER", upstream.keyHeaders.count)]
    where count > 1 && count != urls {
      problems.append("\(name): got a list of \(count); expected one, or one for each of the \(urls) in OPENAI_REALTIME_URL")
    }
    if redis.enabled == true, redis.url == nil {
      problems.append("REDIS_URL: not set; expected a URL, since REDIS_ENABLED is true")
    }
    if weaviate.url != nil, weaviate.collection == nil {
      problems.append("WEAVIATE_COLLECTION: not set; expected a name, since WEAVIATE_URL is set")
    }
    if rag.embeddingsURL != nil, rag.embeddingsModel == nil {
      problems.append("RAG_EMBEDDINGS_MODEL: not set; expected a model's name, since RAG_EMBEDDINGS_URL is set")
    }
    if (admission.enabled || admission.flagsFile != nil) && !auth.hasKey {
      problems.append(
        "JWT_SECRET: not set; expected JWT_SECRET, JWT_PUBLIC_KEY, JWT_PUBLIC_KEY_FILE or JWT_JWKS_URL where voice is enabled")
    }
    return problems
  }

  private mutating func fill(
    _ path: WritableKeyPath<Settings, String?>, from file: String?, _ name: String, _ problems: inout [String]
  ) {
    guard let file else { return }
    if self[keyPath: path] != nil {
      problems.append("\(name)_FILE: set beside \(name); expected one of the two")
    } else if let text = FileText.read(file) {
      self[keyPath: path] = text
    } else {
      problems.append("\(name)_FILE: the file is not UTF-8 text; expected a readable text file")
    }
  }
}
