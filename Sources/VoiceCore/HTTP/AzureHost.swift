/// Hosts of Azure OpenAI, in its public and its government clouds: they take a key in a header of their own.
package enum AzureHost {
  /// True for a URL, or a host alone, of one of them.
  package static func isNamed(by url: String) -> Bool {
    let utf8 = url.utf8
    let rest = utf8.split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: true).dropFirst().first ?? utf8[...]
    let host = String(decoding: rest.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "?") }, as: UTF8.self).lowercased()
    return host.hasSuffix(".azure.com") || host.hasSuffix(".azure.us")
  }
}
