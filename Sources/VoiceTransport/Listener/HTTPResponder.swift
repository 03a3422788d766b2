public import HTTPTypes
public import NIOCore

/// Answers plain HTTP requests, on the event loop of their connection. The body is whole and at most 1 MiB.
public typealias HTTPResponder = @Sendable (_ request: HTTPRequest, _ body: ByteBuffer) -> HTTPReply
