import Testing

@testable import TelemetryExport

@Suite struct StatsDPacketsTests {
  private func counter(_ value: Double, _ labels: [MetricLabel] = []) -> MetricFamily {
    MetricFamily("voice_x_total", .counter, "X.", [MetricPoint(labels, value: .number(value))])
  }

  @Test func `a counter is told by what it grew, and not at all while it stands`() {
    var packets = StatsDPackets()
    #expect(packets.next([counter(3)]) == ["voice_x_total:3|c"])
    #expect(packets.next([counter(3)]) == [])
    #expect(packets.next([counter(7.5)]) == ["voice_x_total:4.5|c"])
  }

  @Test func `a gauge is told as it is, each time`() {
    var packets = StatsDPackets()
    let gauge = MetricFamily.gauge("voice_y", "Y.", 2)
    #expect(packets.next([gauge]) == ["voice_y:2|g"])
    #expect(packets.next([gauge]) == ["voice_y:2|g"])
    #expect(packets.next([.gauge("voice_y", "Y.", .nan)]) == [])
  }

  @Test func `a distribution is told by the middles of the buckets that were hit since`() {
    var packets = StatsDPackets()
    func family(_ buckets: [UInt64]) -> [MetricFamily] {
      let histogram = MetricHistogram(bounds: [1, 3], buckets: buckets, count: buckets.reduce(0, +), sum: 0)
      return [MetricFamily("voice_z_seconds", .histogram, "Z.", [MetricPoint(value: .histogram(histogram))])]
    }
    #expect(packets.next(family([1, 4, 0])) == ["voice_z_seconds:0.5|d\nvoice_z_seconds:2.0|d|@0.25"])
    #expect(packets.next(family([1, 4, 1])) == ["voice_z_seconds:3.0|d"])
  }

  @Test func `a rate stands for no fewer hits than there were, as an agent reads it`() throws {
    for hits in UInt64(2)...5_000 {
      let rate = try #require(Double(StatsDPackets.rate(of: hits).dropFirst(2)))
      #expect(UInt64(1 / rate) == hits, "\(hits)")
    }
  }

  @Test func `what would end a tag or a line is taken out of it`() {
    var packets = StatsDPackets()
    let labels = [MetricLabel("model", "a|b,c#d:e\nf"), MetricLabel("kind", "ünder")]
    #expect(packets.next([counter(1, labels)]) == ["voice_x_total:1|c|#model:a_b_c_d_e_f,kind:ünder"])
  }

  @Test func `no datagram is larger than a frame of Ethernet takes`() {
    var packets = StatsDPackets()
    let points = (0..<200).map { MetricPoint([MetricLabel("label", "value-\($0)")], value: .number(1)) }
    let sent = packets.next([MetricFamily("voice_x_total", .counter, "X.", points)])
    #expect(sent.allSatisfy { $0.utf8.count <= StatsDPackets.maxBytes } && sent.count > 1)
    #expect(sent.joined(separator: "\n").split(separator: "\n").count == 200)
  }
}
