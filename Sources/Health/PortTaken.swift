import Foundation
import NIOCore

/// The error of a server whose port is in use, with what to do about it.
package struct PortTaken: Error, CustomStringConvertible {
  package let description: String

  /// Runs a server. Throws `PortTaken` if another process uses the port.
  ///
  /// - Parameter setting: How to choose another port.
  package static func explain(
    _ port: Int, setting: String, _ server: () async throws -> Void
  ) async throws {
    do {
      try await server()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw PortTaken(
        description:
          "Port \(port) is in use by another process: end it, or choose another port with \(setting).")
    }
  }
}
