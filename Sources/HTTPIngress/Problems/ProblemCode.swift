import Hummingbird
import Market

/// What kind of problem a call ran into: a word that programs can act on, which `GET /problems/{code}` explains.
enum ProblemCode: Hashable, Sendable {
  /// Why something was refused.
  case refusal(Refusal)
  /// What is wrong with a field.
  case field(FieldError.Reason)
  /// What the ingress finds by itself.
  case ingress(IngressCode)

  init?(_ name: String) {
    if let code = IngressCode(rawValue: name) {
      self = .ingress(code)
    } else if let refusal = Refusal(rawValue: name) {
      self = .refusal(refusal)
    } else if let reason = FieldError.Reason(rawValue: name) {
      self = .field(reason)
    } else {
      return nil
    }
  }

  var name: String {
    switch self {
    case .refusal(let refusal): refusal.rawValue
    case .field(let reason): reason.rawValue
    case .ingress(let code): code.rawValue
    }
  }

  /// The status that such a problem usually has.
  var status: HTTPResponse.Status {
    switch self {
    case .refusal(let refusal): refusal.status
    case .field: .unprocessableContent
    case .ingress(let code): code.status
    }
  }

  /// What it means, and what to do about it.
  var explanation: ProblemExplanation {
    switch self {
    case .refusal(let refusal):
      ProblemExplanation(
        korean: "\(refusal.message) \(refusal.advice.korean)",
        english: "\(refusal.english) \(refusal.advice.english)")
    case .field(let reason): reason.explanation
    case .ingress(let code): code.explanation
    }
  }

  /// The problem's type of RFC 9457, a relative reference with the full path: the same text wherever the caller finds
  /// the server, and also where the request is too malformed to tell.
  var type: String { "/problems/\(name)" }
}

extension ProblemCode: CaseIterable {
  static let allCases: [ProblemCode] =
    IngressCode.allCases.map { .ingress($0) } + Refusal.allCases.map { .refusal($0) }
    + FieldError.Reason.allCases.map { .field($0) }
}

/// A paragraph about a kind of problem, in both languages.
struct ProblemExplanation: Sendable {
  let korean: String
  let english: String
}
