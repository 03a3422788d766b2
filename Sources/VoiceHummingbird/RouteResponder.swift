package import HTTPTypes
package import Hummingbird
import NIOCore
package import VoiceGateway

/// Answers Hummingbird's requests by the gateway's routes, and all others with 404.
package struct RouteResponder<Context: RequestContext>: HTTPResponder {
  private let table: RouteTable
  private let headers: HTTPFields

  /// - Parameter headers: added to every answer that does not set its own.
  package init(_ table: RouteTable, headers: HTTPFields = [:]) {
    self.table = table
    self.headers = headers
  }

  package func respond(to request: Request, context: Context) async throws -> Response {
    let peer = (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress
    let body = request.body
    let wanted = GatewayRequest(request.head, peer: peer) { try await body.collect(upTo: $0) }
    var response = Response(try await table.respond(to: wanted) ?? table.notFound)
    for field in headers where response.headers[field.name] == nil { response.headers[field.name] = field.value }
    return response
  }
}

extension Response {
  init(_ response: GatewayResponse) {
    self.init(
      status: response.head.status, headers: response.head.headerFields,
      body: response.stream.map { ResponseBody(asyncSequence: $0) } ?? ResponseBody(byteBuffer: response.body))
  }
}
