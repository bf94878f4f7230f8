import Hummingbird

/// The problems that the ingress finds by itself.
enum IngressCode: String, CaseIterable, Sendable {
  // The connection and the head of a request.
  case badForwarding, badHost, badTarget, headersTooLarge, targetTooLong
  case unknownCoding, unknownExpectation, unknownMethod, unknownVersion, unreadableRequest
  // The path and its query.
  case badId, badPage, badPath, badQuery, badSort, tooManyToSort
  case archived, methodNotAllowed, noCode, unknownOperation, unknownPath
  // The body and the other headers.
  case badIdempotencyKey, bodyTooLarge, bodyTooSlow, keyReused, notJSON, unreadableBody
  // Who calls.
  case downNotAllowed, foreignOrigin, invalidToken, operatorsOnly, tokensUnverifiable, unauthenticated
  // What a change asks for.
  case fixedField, oneAtATime, stillRunning, statusFollows
  /// A worker refused it for a reason of a newer release.
  case refused
  // How much is asked for.
  case backlog, rateLimited, tooManyConnections, tooManyPages, tooManyStreams, tooManyWaiting
  // What is wrong with the server.
  case `internal`, store, unavailable
  /// An error of the HTTP library that has no code of its own here.
  case httpError

  var status: HTTPResponse.Status {
    switch self {
    case .badForwarding, .badHost, .badTarget, .unreadableRequest, .badId, .badPage, .badPath, .badQuery,
      .badSort, .tooManyToSort, .badIdempotencyKey, .unreadableBody, .httpError:
      .badRequest
    case .invalidToken, .unauthenticated: .unauthorized
    case .downNotAllowed, .foreignOrigin, .operatorsOnly: .forbidden
    case .unknownOperation, .unknownPath: .notFound
    case .archived: .gone
    case .methodNotAllowed: .methodNotAllowed
    case .bodyTooSlow: .requestTimeout
    case .noCode, .refused, .stillRunning, .tooManyWaiting: .conflict
    case .bodyTooLarge: .contentTooLarge
    case .targetTooLong: .uriTooLong
    case .notJSON: .unsupportedMediaType
    case .unknownExpectation: .expectationFailed
    case .fixedField, .keyReused, .oneAtATime, .statusFollows: .unprocessableContent
    case .rateLimited, .tooManyStreams: .tooManyRequests
    case .headersTooLarge: .requestHeaderFieldsTooLarge
    case .internal, .store: .internalServerError
    case .unknownCoding, .unknownMethod: .notImplemented
    case .backlog, .tokensUnverifiable, .tooManyConnections, .tooManyPages, .unavailable: .serviceUnavailable
    case .unknownVersion: .httpVersionNotSupported
    }
  }
}
