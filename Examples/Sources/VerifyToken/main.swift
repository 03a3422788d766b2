import Foundation
import VoiceAuth
import VoiceCore

// VerifyToken KEYS.json TOKEN, where KEYS.json is a JWK set.
let keys = try KeySet(jwkSet: Array(Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))))
let verifier = JWTVerifier(keys: keys)
switch await verifier.verify(Secret(CommandLine.arguments[2])) {
case .success(let token): print("\(token.userID) with plan \(token.plan ?? "none")")
case .failure(let refusal): print("refused: \(refusal.detail)")
}
