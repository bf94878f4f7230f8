import Doors
import Foundation
import Health
import Hummingbird
import Market
import Redis

extension Problem {
  /// Translates any error of a handler for the caller.
  init(_ error: any Error, calling request: Hummingbird.Request) {
    switch error {
    case let problem as Problem: self = problem
    case let error as FieldError: self.init(error)
    case let error as RedisError: self.init(error)
    case let error as Health.DownNotAllowed:
      self.init(
        .downNotAllowed,
        "Taking this process down over HTTP is disabled. Set \(error.setting)=true to allow it.",
        message: "HTTP로 이 프로세스를 내릴 수 없게 되어 있습니다. \(error.setting)=true로 허용할 수 있습니다.")
    case let error as HTTPError: self.init(error, calling: request)
    default:
      self.init(
        .internal, "An internal error occurred. The server's log has the details.",
        message: "서버에서 문제가 생겼습니다.")
    }
  }

  init(_ error: FieldError) {
    self.init(.field(error.reason), error.message, field: error.field, message: error.korean)
  }

  init(_ error: RedisError) {
    if error.canRetry {
      self = .passing(
        .unavailable, "The service cannot reach its store. \(error.message)",
        message: "지금은 처리할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.")
    } else {
      self.init(
        .store, "The service's store returned an error. \(error.message)",
        message: "서버의 저장소에 문제가 생겼습니다.")
    }
  }

  /// Why a door did not admit a command; nil if it did.
  init?(_ admission: Admission) {
    if case .full = admission {
      self = .passing(
        .backlog,
        "Too many commands are waiting. No more are accepted for now.",
        message: "요청이 너무 많이 밀려 있습니다. 잠시 뒤에 다시 시도해 주세요.")
      return
    }
    guard let error = admission.error else { return nil }
    let isUnknown = if case .unknown = admission { true } else { false }
    let refusal: Refusal = isUnknown ? .notFound : .duplicateId
    self.init(.refusal(refusal), error.message, field: error.field, message: refusal.message)
  }

  /// Why a command was refused, according to its outcome.
  init(refused outcome: Outcome) {
    let reason = outcome.fields["reason"] ?? ""
    let message = outcome.fields["message"] ?? reason
    // The reason of a newer release is unknown here; its own message is used.
    let refusal = Refusal(rawValue: reason)
    self.init(
      refusal.map { .refusal($0) } ?? .ingress(.refused), refusal?.english ?? message, field: refusal?.field,
      message: message)
    if let retryAt = outcome.fields["retryAt"].flatMap({ Moment($0) }) {
      let now = Moment(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
      headers[.retryAfter] = "\(max(1, (now.distance(to: retryAt) + 999) / 1000))"
    }
  }

  private init(_ error: HTTPError, calling request: Hummingbird.Request) {
    let path = request.uri.path
    switch error.status {
    case .notFound:
      self.init(
        .unknownPath, "There is nothing at \(path). GET / lists what there is.",
        message: "찾을 수 없는 주소입니다: \(path)")
    case .methodNotAllowed:
      let allowed = error.headers[.allow] ?? ""
      self.init(
        .methodNotAllowed, "\(path) takes only \(allowed).",
        message: "여기서는 할 수 없는 일입니다. \(path)에서 할 수 있는 것: \(allowed)")
      headers = error.headers
    default:
      self.init(.httpError, error.status.reasonPhrase, message: "요청을 처리할 수 없습니다.")
      status = error.status
    }
  }
}
