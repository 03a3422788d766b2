import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import SessionStore

/// A server that answers each command as the test says.
final class ScriptedServer: Sendable {
  typealias Answer = @Sendable ([String]) -> String?
  private let listener: any Channel
  private let seen: NIOLockedValueBox<[[String]]>

  /// - Parameter answer: in RESP; nil says nothing at all. `CLIENT SETNAME` is answered with OK.
  init(_ answer: @escaping Answer) async throws {
    let seen = NIOLockedValueBox<[[String]]>([])
    self.seen = seen
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(answer, seen)) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var url: String { "redis://127.0.0.1:\(listener.localAddress?.port ?? 0)" }
  var commands: [[String]] { seen.withLockedValue { $0 } }
  func stop() async { try? await listener.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let answer: Answer
    private let seen: NIOLockedValueBox<[[String]]>
    private var reader = RESPReader()

    init(_ answer: @escaping Answer, _ seen: NIOLockedValueBox<[[String]]>) {
      self.answer = answer
      self.seen = seen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      // A command has the shape of a reply that is an array of strings.
      try? reader.read(unwrapInboundIn(data)) { command in
        let words = command.array?.compactMap(\.string) ?? []
        if words.first == "CLIENT" { return reply("+OK\r\n", context) }
        seen.withLockedValue { $0.append(words) }
        if let text = answer(words) { reply(text, context) }
      }
    }

    private func reply(_ text: String, _ context: ChannelHandlerContext) {
      context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    }
  }
}
