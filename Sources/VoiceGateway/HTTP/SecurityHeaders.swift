package import HTTPTypes

/// Header fields that tell browsers what not to do with an answer.
package enum SecurityHeaders {
  /// Header fields of every response that does not set its own.
  package static let usual: HTTPFields = [
    .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
    .xContentTypeOptions: "nosniff",
    .cacheControl: "no-store",
    // A page's address may hold a token.
    HTTPField.Name("Referrer-Policy")!: "no-referrer",
    HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
  ]
}
