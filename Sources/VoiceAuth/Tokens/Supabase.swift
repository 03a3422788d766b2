/// What is particular to tokens of Supabase's.
enum Supabase {
  /// Whether the token says that a hosted project issued it. Its legacy tokens carry a `kid` for the very secret that the
  /// project's settings show without a name.
  static func isIssuer(of claims: JSONObject) -> Bool {
    guard let issuer = claims["iss"]?.string, issuer.hasPrefix("https://") else { return false }
    return issuer.hasSuffix(".supabase.co/auth/v1")
  }
}
