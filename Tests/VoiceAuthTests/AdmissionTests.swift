import Testing
import VoiceCore

@testable import VoiceAuth

struct AdmissionTests {
  private func user(_ id: String, plan: String? = "elite") -> VerifiedToken {
    VerifiedToken(userID: id, plan: plan, expiresAt: TokenForge.now)
  }

  @Test func `nobody passes while the flag is off`() {
    #expect(Admission(FeatureFlags()).refusalOfAnyone() == .featureDisabled)
    #expect(Admission(FeatureFlags(isEnabled: true)).refusalOfAnyone() == nil)
    #expect(Admission(FeatureFlags()).refusal(ofRunning: user("u")) == .featureDisabled)
  }

  @Test func `plans are compared without case, and no plan is no allowed plan`() {
    let admission = Admission(FeatureFlags(isEnabled: true, allowedPlans: ["Elite", "intelia"]))
    #expect(admission.refusal(of: user("u", plan: "ELITE")) == nil)
    #expect(admission.refusal(of: user("u", plan: "Intelia")) == nil)
    #expect(admission.refusal(of: user("u", plan: "free")) == .planNotAllowed)
    #expect(admission.refusal(of: user("u", plan: nil)) == .planNotAllowed)
    #expect(admission.refusal(ofRunning: user("u", plan: "free")) == .planNotAllowed)
  }

  @Test func `an empty list of plans allows every plan`() {
    #expect(Admission(FeatureFlags(isEnabled: true, allowedPlans: [])).refusal(of: user("u", plan: nil)) == nil)
  }

  @Test func `a percentage of nought lets nobody in but beta users, and their plan still counts`() {
    let admission = Admission(FeatureFlags(isEnabled: true, rolloutPercent: 0, betaUsers: ["b"]))
    #expect(admission.refusal(of: user("u")) == .featureNotAvailable)
    #expect(admission.refusal(of: user("b")) == nil)
    #expect(admission.refusal(of: user("b", plan: "free")) == .planNotAllowed)
    #expect(admission.refusal(of: user("B")) == .featureNotAvailable)
  }

  @Test func `beta users are told apart by bytes, not by how they look`() {
    let admission = Admission(FeatureFlags(isEnabled: true, rolloutPercent: 0, betaUsers: ["K"]))
    #expect(admission.refusal(of: user("\u{212A}")) == .featureNotAvailable)
  }

  @Test func `a user's place never changes`() {
    // printf 'voice-realtime:user-1' | sha256sum, first 16 digits as a number, modulo 10000
    #expect(Rollout.place(of: "user-1") == 2_945)
  }

  @Test func `raising the percentage never locks anyone out, and lets in about that share`() {
    let users = (0..<10_000).map { "user-\($0)" }
    var before: Set<String> = []
    for percent in [0, 0.5, 1, 5, 10, 25, 50, 75, 99, 100] {
      let now = Set(users.filter { Rollout.admits($0, percent: percent) })
      #expect(before.isSubset(of: now))
      #expect(abs(Double(now.count) - percent * 100) < 150)
      before = now
    }
    #expect(before.count == users.count)
  }

  @Test func `a refused token closes with its own reason`() {
    #expect(CloseReason(TokenRefusal(.missing, "")) == .tokenMissing)
    #expect(CloseReason(TokenRefusal(.invalid, "")) == .tokenInvalid)
    #expect(CloseReason(TokenRefusal(.expired, "")) == .tokenExpired)
    #expect(CloseReason(TokenRefusal(.unavailable, "")) == .upstreamUnavailable)
  }
}
