import NIOCore

/// The settings of a session that the relay acts on, as a `session` object names them. Nil: it does not.
struct SessionSettings: Equatable {
  /// `realtime`, or `transcription`, which answers nothing.
  var type: String?
  var model: String?
  /// JSON of the instructions: a string or `null`.
  var instructions: String?
  /// JSON of the limit.
  var maxOutputTokens: String?
  /// JSON of the tools.
  var tools: String?
  /// JSON of turn detection: an object, or `null` if the client alone ends a turn.
  var turnDetection: String?
  /// JSON of the transcription: an object, or `null`.
  var transcription: String?
  /// Model of the input's transcription.
  var transcriptionModel: String?
  /// Language of the input's transcription.
  var transcriptionLanguage: String?
  /// JSON of the format.
  var inputFormat: String?
  var inputFormatType: String?
  var outputFormatType: String?
  /// `create_response` of turn detection.
  var createsResponse: Bool?
  var interruptsResponse: Bool?
  /// Time at which the provider ends its session by itself.
  var expiresAt: UnixTime?

  init() {}

  init(_ view: JSONView) {
    let session = JSONFields(view)
    type = session["type"]?.string
    if session["object"]?.string?.hasSuffix("transcription_session") ?? false { type = "transcription" }
    model = session["model"]?.string
    instructions = session["instructions"]?.json
    maxOutputTokens = session["max_output_tokens"]?.json
    tools = session["tools"]?.json
    expiresAt = session["expires_at"]?.integer.map { UnixTime(seconds: Int64($0)) }
    let audio = session.object("audio")
    outputFormatType = audio?.object("output")?.object("format")?["type"]?.string
    guard let input = audio?.object("input") else { return }
    inputFormat = input["format"]?.json
    inputFormatType = input.object("format")?["type"]?.string
    transcription = input["transcription"]?.json
    let transcriptionFields = input.object("transcription")
    transcriptionModel = transcriptionFields?["model"]?.string
    transcriptionLanguage = transcriptionFields?["language"]?.string
    guard let detection = input["turn_detection"] else { return }
    turnDetection = detection.isNull ? "null" : detection.json
    let fields = JSONFields(detection)
    createsResponse = fields["create_response"]?.bool
    interruptsResponse = fields["interrupt_response"]?.bool
  }

  /// Reads the text of a `session` object.
  init(json: String?) {
    self = json.flatMap { ByteBuffer(string: $0).withJSON { SessionSettings($0) } } ?? SessionSettings()
  }

  /// Bytes of audio a millisecond: PCM16 at 24 kHz, or G.711 at 8 kHz.
  static func bytesPerMillisecond(ofFormat type: String?) -> Double { type == nil || type == "audio/pcm" ? 48 : 8 }
}

extension SessionSettings {
  /// These settings, and those of `other` where these name none. What has kinds is taken whole.
  func over(_ other: SessionSettings) -> SessionSettings {
    var all = self
    all.type = type ?? other.type
    all.model = model ?? other.model
    all.instructions = instructions ?? other.instructions
    all.maxOutputTokens = maxOutputTokens ?? other.maxOutputTokens
    all.tools = tools ?? other.tools
    all.inputFormat = inputFormat ?? other.inputFormat
    all.inputFormatType = inputFormatType ?? other.inputFormatType
    all.outputFormatType = outputFormatType ?? other.outputFormatType
    if transcription == nil {
      all.transcription = other.transcription
      all.transcriptionModel = other.transcriptionModel
      all.transcriptionLanguage = other.transcriptionLanguage
    }
    if turnDetection == nil {
      all.turnDetection = other.turnDetection
      all.createsResponse = other.createsResponse
      all.interruptsResponse = other.interruptsResponse
    }
    return all
  }
}
