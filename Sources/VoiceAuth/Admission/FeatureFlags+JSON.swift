import VoiceCore

extension FeatureFlags {
  /// A flags file, read.
  public struct Reading: Sendable, Equatable {
    /// Flags as they stand in the text.
    public var flags: FeatureFlags
    /// Members that mean nothing here: for a warning.
    public var unknownMembers: [String]
  }

  /// Reads `{"enabled":bool,"rollout_percent":0-100,"beta_users":[…],"allowed_plans":[…]}`. A member that is not there keeps
  /// the value of `defaults`. Throws ``VoiceAuthError/Code/invalidFlags`` with the member's name.
  public static func read(_ json: [UInt8], defaults: FeatureFlags) throws(VoiceAuthError) -> Reading {
    let object: JSONObject
    do throws(JSONParser.Fault) {
      object = try JSONParser.parseObject(json)
    } catch {
      throw VoiceAuthError(.invalidFlags, error.message)
    }
    var reading = Reading(flags: defaults, unknownMembers: [])
    for member in object.members {
      switch member.name {
      case "enabled":
        guard case .boolean(let flag) = member.value else { throw VoiceAuthError(.invalidFlags, "enabled is neither true nor false") }
        reading.flags.isEnabled = flag
      case "rollout_percent":
        guard case .number(let digits) = member.value, let percent = Double(digits), (0...100).contains(percent) else {
          throw VoiceAuthError(.invalidFlags, "rollout_percent is no number from 0 to 100")
        }
        reading.flags.rolloutPercent = percent
      case "beta_users":
        guard let users = member.value.strings else { throw VoiceAuthError(.invalidFlags, "beta_users is no array of strings") }
        reading.flags.betaUsers = Set(users)
      case "allowed_plans":
        guard let plans = member.value.strings else { throw VoiceAuthError(.invalidFlags, "allowed_plans is no array of strings") }
        reading.flags.allowedPlans = Set(plans)
      default: reading.unknownMembers.append(member.name)
      }
    }
    return reading
  }
}
