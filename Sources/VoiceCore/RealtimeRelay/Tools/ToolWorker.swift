import NIOConcurrencyHelpers
import NIOCore

/// Runs the calls of one session beside its event loop, each as its own task with its own deadline.
package struct ToolWorker: Sendable {
  /// A call with the function that it is of.
  private struct Order: Sendable {
    var call: ToolCall
    var timeout: Duration
  }

  /// More than a model calls at once. Calls beyond it are answered with an error.
  static let maxUnderWay = 512
  /// A longer output is cut: it costs tokens, and the model reads all of it.
  static let maxOutputCharacters = 65_536

  private let timeouts: [String: Duration]
  private let orders: AsyncStream<Order>
  private let continuation: AsyncStream<Order>.Continuation
  /// Calls that have not returned yet, those that ignore their cancellation among them.
  private let underWay = NIOLockedValueBox(0)

  package init(_ tools: [ToolDefinition]) {
    timeouts = Dictionary(tools.map { ($0.name, $0.timeout) }) { first, _ in first }
    (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maxUnderWay))
  }

  // MARK: From the loop

  /// Returns false where more calls are under way than a model makes: this one gets no output.
  package func run(_ call: ToolCall) -> Bool {
    let isRoom = underWay.withLockedValue { count in
      guard count < Self.maxUnderWay else { return false }
      count += 1
      return true
    }
    guard isRoom else { return false }
    continuation.yield(Order(call: call, timeout: timeouts[call.name] ?? .seconds(10)))
    return true
  }

  /// The session is over: what is under way is cancelled, and `run` ends.
  package func stop() { continuation.finish() }

  // MARK: Beside it

  /// Answers each call with `report`, within its timeout also where the tool ignores its cancellation. Ends with ``stop()`` or its task's
  /// cancellation, once the tools have returned.
  package func run(_ provider: any ToolProvider, report: @escaping @Sendable (_ output: String, ToolMetrics) -> Void) async {
    await withDiscardingTaskGroup { (group: inout DiscardingTaskGroup) in
      for await order in orders {
        group.addTask {
          await Self.race(order, provider, report)
          underWay.withLockedValue { $0 -= 1 }
        }
      }
      group.cancelAll()
    }
  }

  /// Reports what comes first: the tool's output or the end of its time.
  private static func race(
    _ order: Order, _ provider: any ToolProvider, _ report: @escaping @Sendable (_ output: String, ToolMetrics) -> Void
  ) async {
    let start = NIODeadline.now()
    let isReported = NIOLockedValueBox(false)
    let finish: @Sendable (String, String?) -> Void = { output, failure in
      let isFirst = isReported.withLockedValue { isReported in
        defer { isReported = true }
        return !isReported
      }
      guard isFirst else { return }
      let took = Duration(NIODeadline.now() - start)
      report(output, ToolMetrics(name: order.call.name, call: order.call.id, took: took, failure: failure))
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do { finish(String(try await provider.output(of: order.call).prefix(maxOutputCharacters)), nil) } catch {
          finish(#"{"error":"the tool failed"}"#, "\(type(of: error))")
        }
      }
      group.addTask {
        guard (try? await Task.sleep(for: order.timeout)) != nil else { return }
        finish(#"{"error":"the tool did not answer in time"}"#, "timeout")
      }
      await group.next()
      group.cancelAll()
    }
  }
}
