import COpenSSL

/// Percentage rollout by a stable hash of the user id.
///
/// A user's place is the first eight bytes of SHA-256 over `voice-realtime:` and the user id, as a big-endian number modulo
/// 10,000. SHA-256, because its bits are evenly spread even for ids that count up, because any other program can
/// work out the same place with one line, and because it never changes: `String.hashValue` differs with every start.
/// Users below the percentage are in, so raising it never locks anyone out.
enum Rollout {
  static func admits(_ user: String, percent: Double) -> Bool { Double(place(of: user)) < percent * 100 }

  /// 0 to 9,999.
  static func place(of user: String) -> UInt64 {
    SHA256.digest(Array("voice-realtime:\(user)".utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } % 10_000
  }
}

/// SHA-256 by libcrypto.
enum SHA256 {
  static func digest(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      var written: UInt32 = 0
      guard EVP_Digest(bytes, bytes.count, digest.baseAddress, &written, EVP_sha256(), nil) == 1 else {
        preconditionFailure("libcrypto has SHA-256")
      }
      count = Int(written)
    }
  }
}
