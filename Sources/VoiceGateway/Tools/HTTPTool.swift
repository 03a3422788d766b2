public import Foundation
public import HTTPTypes
public import VoiceCore

/// A function behind a URL.
public struct HTTPTool: Sendable {
  /// Name, description and parameters for the model.
  public let definition: ToolDefinition
  /// URL that the call is posted to.
  public let url: URLComponents
  /// Header fields of the call; values are never logged.
  public let headers: [(HTTPField.Name, Secret)]

  /// Creates an HTTP tool.
  public init(definition: ToolDefinition, url: URLComponents, headers: [(HTTPField.Name, Secret)] = []) {
    self.definition = definition
    self.url = url
    self.headers = headers
  }
}
