import NIOConcurrencyHelpers
import Testing

@testable import VoiceGateway

struct NewestValueTests {
  @Test func `a reader that is slower than the writer reads the newest value, and no queue grows`() async {
    let newest = NewestValue<Int>()
    for number in 0..<1_000 { newest.put(number) }
    let read = NIOLockedValueBox<[Int]>([])
    await withTaskGroup(of: Void.self) { group in
      let (first, done) = AsyncStream<Void>.makeStream()
      group.addTask {
        await newest.read { value in
          read.withLockedValue { $0.append(value) }
          done.yield()
        }
      }
      for await _ in first { break }
      group.cancelAll()
    }
    #expect(read.withLockedValue { $0 } == [999])
  }
}
