import Doors
import Health
import Hummingbird
import Market
import Redis

extension Problem {
  /// What any error of a handler means to the caller.
  init(_ error: any Error, calling request: Hummingbird.Request) {
    switch error {
    case let problem as Problem: self = problem
    case let error as FieldError: self.init(error)
    case let error as RedisError: self.init(error)
    case let error as Health.DownNotAllowed:
      self.init(
        .forbidden, "downNotAllowed",
        "Taking this process down through HTTP is switched off. Set \(error.setting)=true to allow it.")
    case let error as HTTPError: self.init(error, calling: request)
    default:
      self.init(.internalServerError, "internal", "Something went wrong here. The server's log says what.")
    }
  }

  init(_ error: FieldError) {
    self.init(.unprocessableContent, error.reason.rawValue, error.message, field: error.field)
  }

  init(_ error: RedisError) {
    if error.canRetry {
      self = .passing(
        .serviceUnavailable, "unavailable", "The service cannot reach its store. \(error.message)")
    } else {
      self.init(.internalServerError, "store", "The service cannot work with its store. \(error.message)")
    }
  }

  /// Why a door did not let a command in; nil if it did.
  init?(_ admission: Admission) {
    if case .full = admission {
      self = .passing(
        .serviceUnavailable, "backlog",
        "So much is waiting to be worked on that nothing more is taken in for now.")
      return
    }
    guard let error = admission.error else { return nil }
    let isUnknown = if case .unknown = admission { true } else { false }
    let refusal: Refusal = isUnknown ? .notFound : .duplicateId
    self.init(
      isUnknown ? .notFound : .conflict, refusal.rawValue, error.message, field: error.field,
      message: refusal.message)
  }

  /// Why a command was refused, in the words of its outcome.
  init(refused outcome: Outcome) {
    let code = outcome.fields["reason"] ?? "refused"
    let message = outcome.fields["message"] ?? code
    self.init(Refusal(rawValue: code)?.status ?? .conflict, code, message)
  }

  private init(_ error: HTTPError, calling request: Hummingbird.Request) {
    let path = request.uri.path
    switch error.status {
    case .notFound where !Self.methods.contains(request.method):
      self.init(.notImplemented, "unknownMethod", "This server does not know the method \(request.method).")
    case .notFound:
      self.init(.notFound, "unknownPath", "There is nothing at \(path). GET / lists what there is.")
    case .methodNotAllowed:
      self.init(
        .methodNotAllowed, "methodNotAllowed",
        "\(path) takes only \(error.headers[.allow] ?? "other methods").")
      headers = error.headers
    default: self.init(error.status, "http\(error.status.code)", error.status.reasonPhrase)
    }
  }

  /// The methods that any path has.
  private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
}
