import CCurl
import NIOConcurrencyHelpers
public import VoiceCore

/// Queue of requests from tasks to the loop's thread, which it wakes.
final class CurlRequestQueue: Sendable {
  /// Requests and cancellations since the last call of ``take()``.
  struct Batch {
    var orders: [CurlRequest] = []
    var cancelled: Set<UInt64> = []
    var isStopping = false
  }

  private enum Stage {
    /// Has a number; the order is still to come.
    case registered
    /// The request was cancelled before it reached the loop.
    case cancelledEarly
    /// The order is in a batch, or the thread has it.
    case submitted
  }

  private struct State {
    var batch = Batch()
    /// Exchanges that have a number and no end yet.
    var live: [UInt64: Stage] = [:]
    var nextNumber: UInt64 = 0
    var isClosed = false
  }

  private let maxLive: Int
  private let multi: MultiHandle
  private let state = NIOLockedValueBox(State())

  init(_ multi: MultiHandle, maxLive: Int) {
    self.multi = multi
    self.maxLive = maxLive
  }

  /// A number for a new exchange. Throws where there are too many, or the client has ended.
  func register() throws(HTTPClientError) -> UInt64 {
    let (number, isClosed) = state.withLockedValue { state -> (UInt64?, Bool) in
      guard !state.isClosed, state.live.count < maxLive else { return (nil, state.isClosed) }
      state.nextNumber += 1
      state.live[state.nextNumber] = .registered
      return (state.nextNumber, false)
    }
    if let number { return number }
    throw isClosed ? HTTPClientError(.closed, "the client has ended") : HTTPClientError(.overloaded, "too many exchanges at once")
  }

  func submit(_ order: CurlRequest) {
    var refusal: HTTPClientError.Code?
    tell { state in
      if state.isClosed {
        refusal = .closed
      } else if state.live[order.number] == .cancelledEarly {
        refusal = .cancelled
      } else {
        state.live[order.number] = .submitted
        state.batch.orders.append(order)
        return true
      }
      state.live[order.number] = nil
      return false
    }
    if let refusal { order.continuation.resume(throwing: HTTPClientError(refusal, order.target.host)) }
  }

  /// Does nothing once the exchange has ended.
  func cancel(_ number: UInt64) {
    tell { state in
      switch state.live[number] {
      case .registered:
        state.live[number] = .cancelledEarly
        return false
      case .submitted:
        state.batch.cancelled.insert(number)
        return true
      case .cancelledEarly, nil: return false
      }
    }
  }

  func stop() {
    tell { state in
      state.batch.isStopping = true
      return true
    }
  }

  /// Takes all that is queued; called by the loop's thread.
  func take() -> Batch {
    state.withLockedValue { state in
      defer { state.batch = Batch(isStopping: state.batch.isStopping) }
      return state.batch
    }
  }

  /// Removes an exchange that has ended; called by the loop's thread.
  func ended(_ number: UInt64) {
    state.withLockedValue { state in
      state.live[number] = nil
      state.batch.cancelled.remove(number)
    }
  }

  /// Closes the queue and returns what was left in it; called by the loop's thread.
  func close() -> [CurlRequest] {
    state.withLockedValue { state in
      state.isClosed = true
      defer { state.batch.orders = [] }
      return state.batch.orders
    }
  }

  /// Wakes under the lock, so that it never happens after ``close()``.
  private func tell(_ change: (inout State) -> Bool) {
    state.withLockedValue { state in
      if change(&state), !state.isClosed { multi.wake() }
    }
  }
}

extension HTTPClientError.Code {
  /// More exchanges at once than the client is configured for.
  public static let overloaded = Self("overloaded")
}
