import Testing

/// What loads a server and looks at the time: one after the other, or they would measure each other.
@Suite(.needsRedis, .serialized)
enum UnderLoad {}
