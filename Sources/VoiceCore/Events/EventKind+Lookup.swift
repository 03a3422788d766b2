#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension EventKind {
  /// Kinds by the length of their name: one or two comparisons find a kind, or that it is unknown.
  private static let byLength: [[EventKind]] = {
    var table = [[EventKind]](repeating: [], count: 64)
    for code in 1..<names.count { table[names[code].utf8CodeUnitCount].append(EventKind(code: UInt8(code))) }
    return table
  }()

  /// The kind of a `type` as it stands between its quotation marks, with no escapes in it.
  init(rawType: UnsafeRawBufferPointer) {
    if Self.outputAudioDelta.matches(rawType) {
      self = .outputAudioDelta
    } else if Self.inputAudioAppend.matches(rawType) {
      self = .inputAudioAppend
    } else if rawType.count < 64 {
      self = Self.byLength[rawType.count].first { $0.matches(rawType) } ?? .unknown
    } else {
      self = .unknown
    }
  }

  /// The kind named `type`.
  public init(type: String) {
    var type = type
    self = type.withUTF8 { EventKind(rawType: UnsafeRawBufferPointer($0)) }
  }

  private func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let name = Self.names[Int(code)]
    guard name.utf8CodeUnitCount == bytes.count, let base = bytes.baseAddress else { return false }
    return memcmp(name.utf8Start, base, bytes.count) == 0
  }
}
