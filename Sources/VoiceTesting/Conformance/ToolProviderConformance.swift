import Foundation
public import VoiceCore

/// Contract of every `ToolProvider`. See ``SessionStoreConformance`` for how to run it.
public enum ToolProviderConformance {
  /// Implementation under test, and what the rules need beside it.
  public struct Subject: Sendable {
    let provider: any ToolProvider
    let name: String
    let arguments: String

    /// - Parameters:
    ///   - name: a tool that can be called.
    ///   - arguments: of a call that is answered, as JSON text.
    ///   - provider: implementation under test.
    public init(provider: any ToolProvider, name: String, arguments: String) {
      self.provider = provider
      self.name = name
      self.arguments = arguments
    }

    func call(_ name: String, _ arguments: String) async throws -> String {
      try await within(.seconds(30), "a call") { [provider] in
        try await provider.output(
          of: ToolCall(id: "call_1", name: name, arguments: arguments, session: Samples.id(), userID: "ada"))
      }
    }
  }

  private typealias Rule = ConformanceRule<Subject>

  /// Rules of the suite; run every one against your implementation.
  public static let rules: [ConformanceRule<Subject>] = [
    Rule("tools have names that a model may write, each once, and parameters that are a JSON object") { subject in
      let tools = subject.provider.tools
      try require(tools.contains { $0.name == subject.name }, "\(subject.name) is not among the tools")
      try requireEqual(Set(tools.map(\.name)).count, tools.count, "the number of names")
      for tool in tools {
        let isName = (1...64).contains(tool.name.utf8.count) && tool.name.utf8.allSatisfy(isNameByte)
        try require(isName, "\(tool.name) is no name of a function")
        let isObject = (try? JSONSerialization.jsonObject(with: Data(tool.parameters.utf8))) is [String: Any]
        try require(isObject, "the parameters of \(tool.name) are no JSON object")
        try require(tool.timeout > .zero, "\(tool.name) has no time")
      }
    },
    Rule("the tools stay the same") { subject in
      try requireEqual(subject.provider.tools, subject.provider.tools, "the tools")
    },
    Rule("a call is answered with text") { subject in
      for _ in 0..<3 { _ = try await subject.call(subject.name, subject.arguments) }
    },
    Rule("a call of a tool that is not there ends, and the next call is answered") { subject in
      _ = try? await subject.call("no_such_tool", "{}")
      _ = try await subject.call(subject.name, subject.arguments)
    },
    Rule("arguments that the model made up end in an answer or an error, and the next call is answered") { subject in
      for text in hostileTexts { _ = try? await subject.call(subject.name, text) }
      _ = try await subject.call(subject.name, subject.arguments)
    },
    Rule("a call whose task is cancelled ends, and the next call is answered") { subject in
      let call = ToolCall(id: "call_2", name: subject.name, arguments: subject.arguments, session: Samples.id(), userID: nil)
      try await within(.seconds(10), "a cancelled call") { [provider = subject.provider] in
        await withTaskGroup(of: Void.self) { group in
          group.addTask { _ = try? await provider.output(of: call) }
          group.cancelAll()
        }
      }
      _ = try await subject.call(subject.name, subject.arguments)
    },
    Rule("many calls at once are each answered") { subject in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 { group.addTask { _ = try await subject.call(subject.name, subject.arguments) } }
        try await group.waitForAll()
      }
    },
  ]

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
  }
}
