import RedisTesting
import Testing

extension Trait where Self == ConditionTrait {
  /// In CI a missing server is a failure, elsewhere a skip.
  static var needsRedis: Self { .enabled(if: RedisServer.canRun, Comment(rawValue: RedisServer.missing)) }
}
