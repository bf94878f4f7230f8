import Foundation
import Health
import Hummingbird
import Keys
import Operations
import Redis

/// Why a call failed, as a problem of RFC 9457 with a code that the page knows.
struct Failure: Error, Equatable {
  let status: HTTPResponse.Status
  let code: String
  let detail: String
  var headers: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, headers: HTTPFields = [:]) {
    self.status = status
    self.code = code
    self.detail = detail
    self.headers = headers
  }

  /// Translates any error of a handler.
  init(_ error: any Error) {
    if let failure = error as? Failure {
      self = failure
    } else if let error = error as? RedisError {
      self.init(
        error.canRetry ? .serviceUnavailable : .badGateway, "redis", error.message,
        headers: error.canRetry ? [.retryAfter: "1"] : [:])
    } else if let error = error as? WrongDatabase {
      self.init(.serviceUnavailable, "redis", "\(error)", headers: [.retryAfter: "1"])
    } else if let error = error as? NotFound {
      self.init(.notFound, "notFound", "\(error)")
    } else if error is Passwords.Busy {
      self.init(
        .tooManyRequests, "busy", "Too many are signing in at once: try again.", headers: [.retryAfter: "1"])
    } else if error is Health.DownNotAllowed {
      self.init(.forbidden, "notAllowed", "This process is not taken down over HTTP.")
    } else if let error = error as? HTTPError {
      self.init(
        error.status, "http\(error.status.code)", error.body ?? error.status.reasonPhrase,
        headers: error.headers)
    } else {
      self.init(.internalServerError, "internal", "The log of handover web has the details.")
    }
  }

  var response: Response {
    struct Image: Encodable { let status: Int, code, detail: String }
    var response = Response(
      json: Image(status: Int(status.code), code: code, detail: detail), status: status)
    response.headers[.contentType] = "application/problem+json"
    response.headers.append(contentsOf: headers)
    return response
  }
}

/// Turns every error into the answer that says it.
struct FailureMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: OperatorContext,
    next: (Request, OperatorContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let failure = Failure(error)
      if failure.status == .internalServerError {
        context.logger.error("call failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return failure.response
    }
  }
}

extension Response {
  init(json: some Encodable, status: HTTPResponse.Status = .ok) {
    self.init(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: json.encoded)))
  }
}

extension Encodable {
  /// The value as the page gets it, in JSON.
  var encoded: Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What is encoded here are texts and numbers, which cannot fail.
    return (try? encoder.encode(self)) ?? Data("{}".utf8)
  }
}
