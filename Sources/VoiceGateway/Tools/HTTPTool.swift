public import Foundation
public import HTTPTypes
public import VoiceCore

/// A function behind a URL.
public struct HTTPTool: Sendable {
  public let definition: ToolDefinition
  public let url: URLComponents
  public let headers: [(HTTPField.Name, Secret)]

  public init(definition: ToolDefinition, url: URLComponents, headers: [(HTTPField.Name, Secret)] = []) {
    self.definition = definition
    self.url = url
    self.headers = headers
  }
}
