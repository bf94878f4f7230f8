import Foundation
import Hummingbird

/// A health report in the format of Spring Boot Actuator.
struct HealthReport: Encodable, Sendable {
  enum Status: String, Encodable {
    case up = "UP"
    case down = "DOWN"
    case outOfService = "OUT_OF_SERVICE"
  }

  var status: Status
  var components: [String: HealthReport]?
  var details: [String: String]?

  /// Returns a 200 if the status is up, else a 503.
  func response() throws -> Response {
    try Response(json: self, status: status == .up ? .ok : .serviceUnavailable)
  }
}

extension Response {
  init(json: some Encodable, status: HTTPResponse.Status) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = ByteBuffer(bytes: try encoder.encode(json))
    self.init(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: body))
  }
}
