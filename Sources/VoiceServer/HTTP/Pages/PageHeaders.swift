import HTTPTypes

/// Header fields that tell browsers what a page may do.
enum PageHeaders {
  /// Header fields of a page: they allow its own inline scripts and styles, connections to its own host, the microphone.
  static func fields(nonce: String) -> HTTPFields {
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
