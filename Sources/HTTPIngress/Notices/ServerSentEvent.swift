import Keys
import Market

/// The text of a stream of server-sent events, as the HTML standard defines it.
package enum ServerSentEvent {
  /// Tells a client how long to wait before it comes back, in milliseconds.
  static func retry(after milliseconds: Int) -> String { "retry: \(milliseconds)\n\n" }

  /// A line that clients ignore, and that keeps proxies from closing a quiet connection.
  package static let keepAlive = ": keep-alive\n\n"

  /// An event with its data, which has to be one line.
  package static func event(_ name: String, id: String? = nil, data: String) -> String {
    "event: \(name)\n\(id.map { "id: \($0)\n" } ?? "")data: \(data)\n\n"
  }
}

/// What a stream of notices tells its client.
enum NoticeEvent: Sendable {
  case notice(NoticeID, Fields)
  /// Something was missed and cannot be told any more: the client has to read its list.
  case reset
  case keepAlive

  /// - Parameters:
  ///   - baseURL: where the client sees the ingress, for the notice's links.
  ///   - language: of its message.
  func text(on baseURL: BaseURL, in language: Language) -> String {
    switch self {
    case .notice(let id, let fields):
      var json = JSONWriter()
      let notice = Resource.notice.worded(fields, in: language)
      json.object { Resource.notice.write(item: notice, on: baseURL, to: &$0) }
      return ServerSentEvent.event("notice", id: "\(id)", data: String(decoding: json.bytes, as: UTF8.self))
    case .reset: return ServerSentEvent.event("reset", data: "{}")
    case .keepAlive: return ServerSentEvent.keepAlive
    }
  }
}
