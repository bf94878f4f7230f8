import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A client of one server, with answers in a form that suits tests.
package struct HTTP: Sendable {
  package struct Answer: Sendable {
    package let status: UInt
    package let headers: HTTPHeaders
    package let text: String

    package init(status: UInt, headers: HTTPHeaders, text: String) {
      (self.status, self.headers, self.text) = (status, headers, text)
    }

    package var json: JSON {
      get throws { try JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }
    }
  }

  package let base: String

  package init(port: Int) { base = "http://127.0.0.1:\(port)" }

  package func call(
    _ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: HTTPHeaders = [:],
    timeout: Duration = Patience.limit
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
    request.method = method
    request.headers = headers
    if let body {
      request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(timeout.components.seconds))
    let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
    return Answer(status: UInt(response.status.code), headers: response.headers, text: text)
  }

  package func get(_ path: String) async throws -> JSON { try await call(.GET, path).json }

  /// Sends a POST. Unless the headers say otherwise, waits for the outcome as long as the server allows: the
  /// default of 2 s can be too short on a busy machine.
  package func post(_ path: String, _ body: String? = nil, headers: HTTPHeaders = [:]) async throws -> Answer
  {
    var headers = headers
    if !headers.contains(name: "Prefer") { headers.add(name: "Prefer", value: "wait=10") }
    return try await call(.POST, path, body, headers: headers)
  }
}
