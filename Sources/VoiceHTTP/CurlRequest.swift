import HTTPTypes
import NIOCore
import VoiceCore

/// Request of a task, on its way to the loop's thread.
struct CurlRequest: Sendable {
  let number: UInt64
  let request: HTTPRequest
  let target: RequestTarget
  let body: ByteBuffer?
  let options: HTTPClientOptions
  let continuation: CheckedContinuation<HTTPClientResponse, any Error>
}
