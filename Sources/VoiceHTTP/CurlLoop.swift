import CCurl
import VoiceCore

/// Body of the client's thread: takes requests, drives libcurl, delivers results.
final class CurlLoop {
  private let configuration: CurlHTTPClient.Configuration
  private let inbox: CurlRequestQueue
  private let multi: MultiHandle
  private var exchanges: [UInt64: CurlExchange] = [:]

  init(_ configuration: CurlHTTPClient.Configuration, inbox: CurlRequestQueue, multi: MultiHandle) {
    self.configuration = configuration
    self.inbox = inbox
    self.multi = multi
  }

  /// Returns when the inbox says stop.
  func run() {
    while true {
      let batch = inbox.take()
      for order in batch.orders { begin(order, isCancelled: batch.cancelled.contains(order.number)) }
      for number in batch.cancelled { end(number) { $0.fail(.cancelled) } }
      if batch.isStopping { break }
      multi.perform(finished)
      multi.wait()
    }
    let late = inbox.close()
    for number in exchanges.keys { end(number) { $0.fail(.closed) } }
    for order in late { order.continuation.resume(throwing: HTTPClientError(.closed, order.target.host)) }
  }

  private func begin(_ order: CurlRequest, isCancelled: Bool) {
    guard !isCancelled else { return refuse(order, .cancelled) }
    guard let exchange = CurlExchange(order, configuration: configuration), multi.add(exchange) else {
      return refuse(order, .invalidRequest)
    }
    exchanges[order.number] = exchange
  }

  private func refuse(_ order: CurlRequest, _ code: HTTPClientError.Code) {
    inbox.ended(order.number)
    order.continuation.resume(throwing: HTTPClientError(code, order.target.host))
  }

  private func finished(_ handle: UnsafeMutableRawPointer, _ result: CURLcode) {
    var context: UnsafeMutableRawPointer?
    guard voice_easy_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else {
      preconditionFailure("every transfer knows its exchange")
    }
    end(Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue().number) { $0.finish(result) }
  }

  private func end(_ number: UInt64, _ tell: (CurlExchange) -> Void) {
    guard let exchange = exchanges.removeValue(forKey: number) else { return }
    multi.remove(exchange)
    inbox.ended(number)
    tell(exchange)
  }
}
