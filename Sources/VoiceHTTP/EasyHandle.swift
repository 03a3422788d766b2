import CCurl
import HTTPTypes
import NIOCore
import VoiceCore

/// One transfer of libcurl's: the one owner of a `CURL` and of the list of its header lines.
struct EasyHandle: ~Copyable {
  let pointer: UnsafeMutableRawPointer
  private var lines: UnsafeMutablePointer<curl_slist>?

  init?() {
    guard let pointer = curl_easy_init() else { return nil }
    self.pointer = pointer
  }

  deinit {
    curl_easy_cleanup(pointer)
    curl_slist_free_all(lines)
  }

  /// Sets the options that every exchange shares. Returns false if this libcurl does not support one.
  mutating func prepare(_ configuration: CurlHTTPClient.Configuration, timeout: Duration, maxBodyBytes: Int) -> Bool {
    var isReady = true
    func long(_ option: CURLoption, _ value: Int) { isReady = voice_easy_set_long(pointer, option, value) == CURLE_OK && isReady }
    func string(_ option: CURLoption, _ value: String) { isReady = voice_easy_set_string(pointer, option, value) == CURLE_OK && isReady }
    long(CURLOPT_NOSIGNAL, 1)
    // Removing a transfer must not wait for its name look-up.
    long(CURLOPT_QUICK_EXIT, 1)
    long(CURLOPT_FOLLOWLOCATION, 0)
    long(CURLOPT_PATH_AS_IS, 1)
    long(CURLOPT_TCP_KEEPALIVE, 1)
    long(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    long(CURLOPT_SSL_VERIFYPEER, 1)
    long(CURLOPT_SSL_VERIFYHOST, 2)
    long(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    long(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    let milliseconds = Int(clamping: max(1, timeout.inMilliseconds))
    long(CURLOPT_TIMEOUT_MS, milliseconds)
    long(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
    string(CURLOPT_PROTOCOLS_STR, "http,https")
    string(CURLOPT_USERAGENT, configuration.userAgent)
    if let file = configuration.certificateAuthorities { string(CURLOPT_CAINFO, file) }
    isReady = voice_easy_set_offset(pointer, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(maxBodyBytes)) == CURLE_OK && isReady
    return isReady
  }

  /// Method, URL, fields and body. libcurl copies all of them.
  mutating func send(_ request: HTTPRequest, to target: RequestTarget, body: ByteBuffer?) -> Bool {
    var isReady = voice_easy_set_string(pointer, CURLOPT_URL, target.url) == CURLE_OK
    // A request to this machine does not leave it, whatever proxy the environment names.
    if target.isLoopback { isReady = voice_easy_set_string(pointer, CURLOPT_PROXY, "") == CURLE_OK && isReady }
    if request.method == .head {
      isReady = voice_easy_set_long(pointer, CURLOPT_NOBODY, 1) == CURLE_OK && isReady
    } else if body != nil || [.post, .put, .patch].contains(request.method) {
      let bytes = (body ?? ByteBuffer()).readableBytesView
      isReady = voice_easy_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)) == CURLE_OK && isReady
      isReady = bytes.withContiguousStorageIfAvailable { copy($0) } ?? false && isReady
      isReady = voice_easy_set_string(pointer, CURLOPT_CUSTOMREQUEST, request.method.rawValue) == CURLE_OK && isReady
    } else if request.method != .get {
      isReady = voice_easy_set_string(pointer, CURLOPT_CUSTOMREQUEST, request.method.rawValue) == CURLE_OK && isReady
    }
    // libcurl adds these two by itself unless they are there without a value.
    isReady = append("Expect:") && isReady
    if request.headerFields[.contentType] == nil { isReady = append("Content-Type:") && isReady }
    for field in request.headerFields {
      // A field without a value is written with a semicolon.
      isReady = append(field.value.isEmpty ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)") && isReady
    }
    return voice_easy_set_pointer(pointer, CURLOPT_HTTPHEADER, lines) == CURLE_OK && isReady
  }

  private mutating func append(_ line: String) -> Bool {
    guard let longer = curl_slist_append(lines, line) else { return false }
    lines = longer
    return true
  }

  private func copy(_ body: UnsafeBufferPointer<UInt8>) -> Bool {
    // No address would mean that the body comes from a callback.
    guard let address = body.baseAddress, !body.isEmpty else {
      return voice_easy_set_string(pointer, CURLOPT_COPYPOSTFIELDS, "") == CURLE_OK
    }
    return voice_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, address) == CURLE_OK
  }
}
