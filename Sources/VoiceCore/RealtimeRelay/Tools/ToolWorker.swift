import NIOCore

/// Runs the calls of one session beside its event loop, each as its own task with its own deadline.
package struct ToolWorker: Sendable {
  /// A call with the function that it is of.
  private struct Order: Sendable {
    var call: ToolCall
    var timeout: Duration
  }

  /// More than a model calls at once.
  private static let maxWaiting = 64
  /// A longer output is cut: it costs tokens, and the model reads all of it.
  static let maxOutputCharacters = 65_536

  private let timeouts: [String: Duration]
  private let orders: AsyncStream<Order>
  private let continuation: AsyncStream<Order>.Continuation

  package init(_ tools: [ToolDefinition]) {
    timeouts = Dictionary(tools.map { ($0.name, $0.timeout) }) { first, _ in first }
    (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.maxWaiting))
  }

  // MARK: From the loop

  package func run(_ call: ToolCall) { continuation.yield(Order(call: call, timeout: timeouts[call.name] ?? .seconds(10))) }

  /// The session is over: what is under way is cancelled, and `run` ends.
  package func stop() { continuation.finish() }

  // MARK: Beside it

  /// Answers each call with `report`. Ends with ``stop()`` or its task's cancellation.
  package func run(_ provider: any ToolProvider, report: @escaping @Sendable (_ output: String, ToolMetrics) -> Void) async {
    await withDiscardingTaskGroup { (group: inout DiscardingTaskGroup) in
      for await order in orders {
        group.addTask {
          let start = NIODeadline.now()
          let (output, failure) = await Self.output(of: order.call, from: provider, within: order.timeout)
          let took = Duration(NIODeadline.now() - start)
          report(output, ToolMetrics(name: order.call.name, call: order.call.id, took: took, failure: failure))
        }
      }
      group.cancelAll()
    }
  }

  private static func output(
    of call: ToolCall, from provider: any ToolProvider, within timeout: Duration
  ) async -> (output: String, failure: String?) {
    await withTaskGroup(of: (String, String?).self) { group in
      group.addTask {
        do { return (String(try await provider.output(of: call).prefix(maxOutputCharacters)), nil) } catch {
          return (#"{"error":"the tool failed"}"#, "\(type(of: error))")
        }
      }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return (#"{"error":"the tool did not answer in time"}"#, "timeout")
      }
      defer { group.cancelAll() }
      return await group.next() ?? (#"{"error":"the tool failed"}"#, "cancelled")
    }
  }
}
