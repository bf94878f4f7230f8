import Hummingbird
import Market

/// Why a call failed: a problem of RFC 9457.
struct Problem: Error {
  var status: HTTPResponse.Status
  let code: ProblemCode
  /// What happened and what can be done, in English, for the client's developer and English-speaking users.
  var detail: String
  /// The field of the request that is wrong.
  var field: String?
  /// The message for the end user, in Korean.
  var message: String
  var headers: HTTPFields = [:]
  /// Where the archive has what was asked for.
  var archived: ArchivePlace?
  /// When the data is from, if it was restored and lacks what came after that.
  var restoredTo: Moment?

  /// A problem with the usual status of its kind.
  init(_ code: ProblemCode, _ detail: String, field: String? = nil, message: String? = nil) {
    status = code.status
    self.code = code
    self.detail = detail
    self.field = field
    self.message = message ?? detail
  }

  init(_ code: IngressCode, _ detail: String, field: String? = nil, message: String? = nil) {
    self.init(.ingress(code), detail, field: field, message: message)
  }

  /// Returns a problem that passes by itself within about a second; it has a `Retry-After`.
  static func passing(_ code: IngressCode, _ detail: String, message: String? = nil) -> Problem {
    var problem = Problem(code, detail, message: message)
    problem.headers[.retryAfter] = "1"
    return problem
  }

  /// - Parameter instance: the path that was called.
  func response(instance: String, in language: Language) -> Response {
    var headers = headers
    headers[.contentLanguage] = language.rawValue
    return Response(status, type: "application/problem+json", headers: headers) { json in
      write(to: &json, in: language)
      json.write("instance", instance)
    }
  }

  /// Writes its members into an open object.
  func write(to json: inout JSONWriter, in language: Language) {
    json.write("type", code.type)
    json.write("title", status.reasonPhrase)
    json.write("status", status.code)
    json.write("detail", detail)
    json.write("code", code.name)
    if let field { json.write("field", field) }
    if let archived {
      json.write("archivedOn", archived.day)
      json.write("shard", archived.shard)
    }
    if let restoredTo { json.write("restoredTo", "\(restoredTo)") }
    let message =
      switch language {
      case .korean: message
      case .english: detail
      }
    json.write("message", message)
  }
}
