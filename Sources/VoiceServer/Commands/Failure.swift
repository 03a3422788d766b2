import ArgumentParser
import Foundation
import NIOCore

/// Ways for a command to end that are no success.
enum Failure {
  /// `EX_CONFIG` of sysexits.h.
  static func settings(_ error: SettingsError) -> ExitCode {
    for problem in error.problems { Console.error(problem) }
    return ExitCode(78)
  }

  /// A setting that only shows to be wrong when it is used.
  static func judged<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as SettingsError { throw settings(error) }
  }

  static func line(_ text: String) -> ExitCode {
    Console.error(text)
    return .failure
  }

  /// A host that has no address.
  static func cannotListen(_ host: String, _ port: Int) -> ExitCode {
    line(
      "cannot listen on \(host):\(port): the name does not resolve; set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0")
  }

  /// A port in use, or an address that is not this machine's.
  static func cannotListen(_ host: String, _ port: Int, _ error: IOError) -> ExitCode {
    line(
      error.errnoCode == EADDRINUSE
        ? "\(host):\(port) is in use; set another port" : "cannot listen on \(host):\(port): \(String(cString: strerror(error.errnoCode)))")
  }
}
