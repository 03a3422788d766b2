import CCurl
import HTTPTypes
import NIOCore
import VoiceCore

/// One exchange on its way: what libcurl fills, and who waits for it. Lives on the loop's thread alone.
final class CurlExchange {
  let number: UInt64
  let host: String
  var handle: UnsafeMutableRawPointer { easy.pointer }
  private var easy: EasyHandle
  private var collector: ResponseCollector
  private let continuation: CheckedContinuation<HTTPClientResponse, any Error>

  /// Nil where libcurl cannot do what the request asks; then the continuation is the caller's.
  init?(_ order: CurlRequest, configuration: CurlHTTPClient.Configuration) {
    guard var easy = EasyHandle() else { return nil }
    let limit = order.options.maxResponseBytes
    guard easy.prepare(configuration, timeout: order.options.timeout, maxBodyBytes: limit),
      easy.send(order.request, to: order.target, body: order.body)
    else { return nil }
    number = order.number
    host = order.target.host
    continuation = order.continuation
    collector = ResponseCollector(maxBodyBytes: limit)
    self.easy = easy
    guard listen() else { return nil }
  }

  /// libcurl calls back with this object, unretained: the loop keeps it for as long as the transfer lasts.
  private func listen() -> Bool {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let line: voice_data_callback = { data, size, count, context in
      guard let data, let context else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
      return Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue().collector.receivedLine(bytes) ? size * count : 0
    }
    let piece: voice_data_callback = { data, size, count, context in
      guard let data, let context else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
      return Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue().collector.received(bytes) ? size * count : 0
    }
    return voice_easy_set_callback(handle, CURLOPT_HEADERFUNCTION, line) == CURLE_OK
      && voice_easy_set_pointer(handle, CURLOPT_HEADERDATA, context) == CURLE_OK
      && voice_easy_set_callback(handle, CURLOPT_WRITEFUNCTION, piece) == CURLE_OK
      && voice_easy_set_pointer(handle, CURLOPT_WRITEDATA, context) == CURLE_OK
      && voice_easy_set_pointer(handle, CURLOPT_PRIVATE, context) == CURLE_OK
  }

  /// libcurl is done with it.
  func finish(_ result: CURLcode) {
    if result == CURLE_OK, let head = collector.head {
      continuation.resume(returning: HTTPClientResponse(head: head, body: collector.body))
    } else {
      let words = collector.fault == nil ? words(for: result).map { ": \($0)" } : nil
      continuation.resume(throwing: HTTPClientError(collector.fault ?? HTTPClientError.Code(result), host + (words ?? "")))
    }
  }

  /// Words for a connection that failed. libcurl's own texts are left out: they may quote a URL.
  private func words(for result: CURLcode) -> String? {
    var number = 0
    let hasNumber = voice_easy_get_long(handle, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number > 0
    return switch result {
    case CURLE_COULDNT_RESOLVE_HOST: NetworkFault.nameNotFound
    case CURLE_COULDNT_RESOLVE_PROXY: "the proxy's name is not found"
    case CURLE_GOT_NOTHING: "closed before it answered"
    case CURLE_COULDNT_CONNECT, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
      hasNumber ? NetworkFault.words(errno: CInt(truncatingIfNeeded: number)) : nil
    default: nil
    }
  }

  func fail(_ code: HTTPClientError.Code) { continuation.resume(throwing: HTTPClientError(code, host)) }
}

extension HTTPClientError.Code {
  /// libcurl's own texts are left out: they may quote a URL.
  fileprivate init(_ result: CURLcode) {
    switch result {
    case CURLE_OPERATION_TIMEDOUT: self = .timeout
    case CURLE_FILESIZE_EXCEEDED: self = .tooLarge
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY: self = .unreachable
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .closed
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
      self = .tls
    case CURLE_URL_MALFORMAT: self = .invalidRequest
    default: self = .protocolError
    }
  }
}
