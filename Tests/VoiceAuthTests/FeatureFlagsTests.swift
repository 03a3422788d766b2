import Testing

@testable import VoiceAuth

struct FeatureFlagsTests {
  private func read(_ json: String, defaults: FeatureFlags = FeatureFlags()) throws -> FeatureFlags.Reading {
    try FeatureFlags.read(Array(json.utf8), defaults: defaults)
  }

  @Test func `a file sets what it names and leaves the rest`() throws {
    let defaults = FeatureFlags(isEnabled: true, rolloutPercent: 20, betaUsers: ["b"], allowedPlans: ["elite"])
    #expect(try read("{}", defaults: defaults).flags == defaults)
    #expect(
      try read(#"{"enabled":false,"rollout_percent":12.5,"beta_users":["x","y"],"allowed_plans":[]}"#, defaults: defaults).flags
        == FeatureFlags(isEnabled: false, rolloutPercent: 12.5, betaUsers: ["x", "y"], allowedPlans: []))
  }

  @Test func `a member that means nothing is named`() throws {
    #expect(try read(#"{"enabled":true,"rollout":5}"#).unknownMembers == ["rollout"])
  }

  @Test(arguments: [
    "", "{", "[]", #"{"enabled":"true"}"#, #"{"enabled":1}"#, #"{"rollout_percent":"50"}"#, #"{"rollout_percent":-1}"#,
    #"{"rollout_percent":100.1}"#, #"{"rollout_percent":1e999}"#, #"{"beta_users":"u"}"#, #"{"beta_users":[1]}"#, #"{"allowed_plans":{}}"#,
    #"{"enabled":true,"enabled":false}"#,
  ])
  func `a broken file is an error`(json: String) {
    #expect(throws: VoiceAuthError.self) { try read(json) }
  }
}
