import HTTPTypes

/// Header fields that tell browsers what not to do with an answer.
enum BrowserSafety {
  /// Header fields of every response that does not set its own.
  static func headers(isSecure: Bool) -> HTTPFields {
    var headers: HTTPFields = [
      .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
      .cacheControl: "no-store",
      // A page's address may hold a token.
      HTTPField.Name("Referrer-Policy")!: "no-referrer",
      HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    ]
    if isSecure { headers[.strictTransportSecurity] = "max-age=31536000" }
    return headers
  }

  /// Header fields of a page: they allow its own inline scripts and styles, connections to its own host, the microphone.
  static func pageHeaders(nonce: String) -> HTTPFields {
    [
      .contentType: "text/html; charset=utf-8",
      .contentSecurityPolicy: [
        "default-src 'none'", "script-src 'nonce-\(nonce)' blob:", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:", "worker-src 'self' blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
      ].joined(separator: "; "),
      HTTPField.Name("Permissions-Policy")!: "microphone=(self), camera=(), geolocation=()",
      HTTPField.Name("Cross-Origin-Opener-Policy")!: "same-origin",
    ]
  }
}
