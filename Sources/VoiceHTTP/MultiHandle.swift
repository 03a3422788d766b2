import CCurl

/// All transfers of one thread: the one owner of a `CURLM`.
final class MultiHandle: @unchecked Sendable {  // why: one thread uses it; `wake` alone is for others, and libcurl allows that
  private let pointer: UnsafeMutableRawPointer

  init?(maxConnections: Int, maxConnectionsPerHost: Int) {
    guard Self.isLibraryReady, let pointer = curl_multi_init() else { return nil }
    self.pointer = pointer
    _ = voice_multi_set_long(pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, maxConnections)
    _ = voice_multi_set_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, maxConnectionsPerHost)
    _ = voice_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maxConnections)
  }

  deinit { curl_multi_cleanup(pointer) }

  func add(_ exchange: CurlExchange) -> Bool { curl_multi_add_handle(pointer, exchange.handle) == CURLM_OK }

  /// Ends the transfer; where it was not over, its connection is closed.
  func remove(_ exchange: CurlExchange) { curl_multi_remove_handle(pointer, exchange.handle) }

  /// Does what can be done now, and says what has ended.
  func perform(_ ended: (UnsafeMutableRawPointer, CURLcode) -> Void) {
    var running: Int32 = 0
    curl_multi_perform(pointer, &running)
    var left: Int32 = 0
    while let message = curl_multi_info_read(pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
      // The message is libcurl's until the next call.
      let result = voice_message_result(message)
      ended(handle, result)
    }
  }

  /// Waits until there is something to do, at most a minute.
  func wait() { curl_multi_poll(pointer, nil, 0, 60_000, nil) }

  func wake() { curl_multi_wakeup(pointer) }

  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
