#if canImport(AVFAudio)
  import AVFAudio
  import Foundation

  /// The microphone and the loudspeaker of an iPhone or a Mac, with the system's echo cancellation.
  ///
  /// Lives on the main actor, since the system's audio session is the app's. Call ``start()`` when the user has allowed the microphone.
  @MainActor
  public final class VoiceAudio {
    private let engine = AVAudioEngine()
    private let player = AVAudioPlayerNode()
    private let client: VoiceRealtimeClient
    private let wire = AVAudioFormat(commonFormat: .pcmFormatInt16, sampleRate: 24_000, channels: 1, interleaved: true)!
    private let played = AVAudioFormat(commonFormat: .pcmFormatFloat32, sampleRate: 24_000, channels: 1, interleaved: false)!
    private var item: String?
    /// Frames of earlier items that the player counts.
    private var itemStart: AVAudioFramePosition = 0
    private var scheduled: AVAudioFramePosition = 0
    private var reports: Task<Void, Never>?

    public init(_ client: VoiceRealtimeClient) { self.client = client }

    public func start() throws {
      #if os(iOS)
        let session = AVAudioSession.sharedInstance()
        try session.setCategory(.playAndRecord, mode: .voiceChat, options: [.defaultToSpeaker, .allowBluetooth])
        try session.setActive(true)
      #endif
      try engine.inputNode.setVoiceProcessingEnabled(true)
      engine.attach(player)
      engine.connect(player, to: engine.mainMixerNode, format: played)
      let source = engine.inputNode.outputFormat(forBus: 0)
      guard let converter = AVAudioConverter(from: source, to: wire) else { throw VoiceAudioError.noConverter }
      let (client, wire) = (client, wire)
      engine.inputNode.installTap(onBus: 0, bufferSize: AVAudioFrameCount(source.sampleRate / 25), format: source) { buffer, _ in
        guard let pcm = Self.convert(buffer, with: converter, to: wire) else { return }
        Task { await client.append(pcm) }
      }
      engine.prepare()
      try engine.start()
      player.play()
      reports = Task { [weak self] in
        while (try? await Task.sleep(for: .milliseconds(250))) != nil { await self?.report() }
      }
    }

    public func stop() {
      reports?.cancel()
      engine.inputNode.removeTap(onBus: 0)
      player.stop()
      engine.stop()
    }

    /// Takes each event of the client: plays, and falls silent when the user speaks.
    public func handle(_ event: VoiceEvent) {
      switch event {
      case .audio(let item, let pcm): play(pcm, of: item)
      case .userStartedSpeaking, .ended: silence()
      default: break
      }
    }

    public func silence() {
      let item = item
      let heard = milliseconds
      player.stop()
      player.play()
      self.item = nil
      scheduled = 0
      itemStart = 0
      guard let item else { return }
      Task { await client.played(item: item, milliseconds: heard) }
    }

    private func play(_ pcm: Data, of item: String) {
      let count = pcm.count / 2
      guard count > 0, let buffer = AVAudioPCMBuffer(pcmFormat: played, frameCapacity: AVAudioFrameCount(count)),
        let samples = buffer.floatChannelData?[0]
      else { return }
      buffer.frameLength = AVAudioFrameCount(count)
      pcm.withUnsafeBytes { bytes in
        for index in 0..<count {
          samples[index] = Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))) / 32_768
        }
      }
      if item != self.item {
        self.item = item
        itemStart = scheduled
      }
      scheduled += AVAudioFramePosition(count)
      player.scheduleBuffer(buffer)
    }

    /// Milliseconds that were heard of the item that is being played.
    private var milliseconds: Int {
      guard let render = player.lastRenderTime, let time = player.playerTime(forNodeTime: render) else { return 0 }
      return max(0, Int(min(time.sampleTime, scheduled) - itemStart) / 24)
    }

    private func report() async {
      guard let item, milliseconds > 0 else { return }
      await client.played(item: item, milliseconds: milliseconds)
    }

    private nonisolated static func convert(_ buffer: AVAudioPCMBuffer, with converter: AVAudioConverter, to format: AVAudioFormat) -> Data?
    {
      let capacity = AVAudioFrameCount(Double(buffer.frameLength) * format.sampleRate / buffer.format.sampleRate) + 64
      guard let out = AVAudioPCMBuffer(pcmFormat: format, frameCapacity: capacity) else { return nil }
      nonisolated(unsafe) var isGiven = false
      var fault: NSError?
      converter.convert(to: out, error: &fault) { _, status in
        status.pointee = isGiven ? .noDataNow : .haveData
        defer { isGiven = true }
        return isGiven ? nil : buffer
      }
      guard fault == nil, out.frameLength > 0, let samples = out.int16ChannelData?[0] else { return nil }
      return Data(bytes: samples, count: Int(out.frameLength) * 2)
    }
  }

  public enum VoiceAudioError: Error { case noConverter }
#endif
