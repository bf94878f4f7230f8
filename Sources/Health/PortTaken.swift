import Foundation
import NIOCore

/// A server could not listen on its port, and what to do about it.
package struct PortTaken: Error, CustomStringConvertible {
  package let description: String

  /// Runs a server; throws itself where the port is another process's.
  ///
  /// - Parameter setting: how to choose another port.
  package static func explain(
    _ port: Int, setting: String, _ server: () async throws -> Void
  ) async throws {
    do {
      try await server()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw PortTaken(
        description:
          "Port \(port) is taken by another process: end that one, or choose another port with \(setting).")
    }
  }
}
