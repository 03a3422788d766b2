import NIOCore
import NIOEmbedded
import Testing
import VoiceTesting

@testable import VoiceCore

/// Several upstreams behind one connector.
struct FailoverConnectorTests {
  private final class Scene {
    let loop = EmbeddedEventLoop()
    let inner: InMemoryConnector
    let connector: FailoverConnector
    var opened: [any RealtimeConnection] = []
    var failures: [RealtimeConnectError] = []

    init() {
      inner = InMemoryConnector(on: loop)
      connector = FailoverConnector(inner)
    }

    func dial(_ urls: String...) {
      var target = RealtimeTarget(url: urls[0])
      target.alternatives = urls.dropFirst().map { RealtimeTarget(url: $0) }
      connector.connect(to: target, on: loop) {
        self.opened.append($0)
        return Listener()
      } failed: {
        self.failures.append($0)
      }
    }

    var dialled: [String] { inner.all.map(\.target.url) }
    func fail(_ index: Int) { inner.all[index].fail(RealtimeConnectError(.unreachable, "no")) }
  }

  private final class Listener: RealtimeConnectionDelegate {
    func received(_ message: RealtimeMessage) {}
    func readCompleted() {}
    func writabilityChanged(_ isWritable: Bool) {}
    func closed(_ closure: WebSocketClosure) {}
  }

  @Test func `the first is preferred, and the next dialled as soon as it fails`() {
    let scene = Scene()
    scene.dial("a", "b", "c")
    #expect(scene.dialled == ["a"])
    scene.fail(0)
    #expect(scene.dialled == ["a", "b"])
    _ = scene.inner.all[1].accept()
    #expect(scene.opened.count == 1)
    scene.loop.advanceTime(by: .seconds(10))
    #expect(scene.dialled == ["a", "b"])
  }

  @Test func `one that is silent for a second is raced, and what comes second is dropped`() {
    let scene = Scene()
    scene.dial("a", "b")
    scene.loop.advanceTime(by: .milliseconds(999))
    #expect(scene.dialled == ["a"])
    scene.loop.advanceTime(by: .milliseconds(1))
    #expect(scene.dialled == ["a", "b"])
    _ = scene.inner.all[1].accept()
    let late = scene.inner.all[0].accept()
    #expect(late.wasAborted && scene.opened.count == 1)
  }

  @Test func `only when all have failed it is said, once`() {
    let scene = Scene()
    scene.dial("a", "b")
    scene.loop.advanceTime(by: .seconds(1))
    scene.fail(1)
    #expect(scene.failures.isEmpty)
    scene.fail(0)
    #expect(scene.failures.count == 1)
  }

  @Test func `one that fails again and again is left out for a while, and tried again after`() {
    let scene = Scene()
    for _ in 0..<3 {
      scene.dial("a?model=m", "b?model=m")
      scene.fail(scene.inner.all.count - 1)
      _ = scene.inner.all.last!.accept()
    }
    let before = scene.inner.all.count
    scene.dial("a?model=other", "b?model=other")
    #expect(scene.dialled.dropFirst(before) == ["b?model=other"])
    _ = scene.inner.all.last!.accept()
    scene.loop.advanceTime(by: .seconds(5))
    scene.dial("a", "b")
    #expect(scene.dialled.last == "a")
  }

  @Test func `when all are out they are tried all the same`() {
    let scene = Scene()
    for _ in 0..<3 {
      scene.dial("a", "b")
      scene.fail(scene.inner.all.count - 1)
      scene.fail(scene.inner.all.count - 1)
    }
    let before = scene.inner.all.count
    scene.dial("a", "b")
    #expect(scene.dialled.dropFirst(before) == ["a"])
  }

  @Test func `a target rotates through its alternatives`() {
    let target = RealtimeTarget(url: "a", alternatives: [RealtimeTarget(url: "b"), RealtimeTarget(url: "c")])
    #expect(target.rotated(by: 0).url == "a" && target.rotated(by: 1).url == "b" && target.rotated(by: 3).url == "a")
    #expect(target.rotated(by: 1).alternatives.map(\.url) == ["c", "a"])
    #expect(RealtimeTarget(url: "x").rotated(by: 2).url == "x")
  }
}
