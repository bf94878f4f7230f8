import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// A client of a stream of server-sent events, which collects all that comes. It closes with the value's lifetime.
package final class EventStream: Sendable {
  /// One event, or what else the stream said between two empty lines.
  package struct Event: Equatable, Sendable {
    package var name = ""
    package var id: String?
    package var data = ""
    package var comment: String?
    package var retry: Int?

    package var json: JSON { (try? JSONDecoder().decode(JSON.self, from: Data(data.utf8))) ?? .null }

    init(_ lines: [Substring]) {
      for line in lines {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count == 2 ? String(parts[1].trimmingPrefix(" ")) : ""
        switch parts[0] {
        case "event": name = value
        case "id": id = value
        case "data": data += value
        case "retry": retry = Int(value)
        case "": comment = value
        default: name = "unknown line \(line)"
        }
      }
    }
  }

  private final class Received: Sendable {
    struct State {
      var text: [UInt8] = []
      var events: [Event] = []
      var isEnded = false
    }

    let state = Mutex(State())

    func add(_ bytes: some Sequence<UInt8>) {
      state.withLock { state in
        state.text += bytes
        while let end = state.text.firstRange(of: Array("\n\n".utf8)) {
          let text = String(decoding: state.text[..<end.lowerBound], as: UTF8.self)
          state.events.append(Event(text.split(separator: "\n")))
          state.text.removeSubrange(..<end.upperBound)
        }
      }
    }
  }

  /// Opens any number of connections.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  package let status: UInt
  package let headers: HTTPHeaders
  private let received = Received()
  private let task: Task<Void, Never>

  /// Returns once the head has come.
  package init(_ url: String, headers: HTTPHeaders = [:]) async throws {
    var request = HTTPClientRequest(url: url)
    request.headers = headers
    let response = try await Self.client.execute(
      request, timeout: .seconds(Patience.limit.components.seconds))
    (status, self.headers) = (UInt(response.status.code), response.headers)
    task = Task { [received] in
      do {
        for try await part in response.body { received.add(part.readableBytesView) }
      } catch {}
      received.state.withLock { $0.isEnded = true }
    }
  }

  deinit { task.cancel() }

  package func close() { task.cancel() }

  package var isEnded: Bool { received.state.withLock { $0.isEnded } }

  /// Everything so far.
  package var all: [Event] { received.state.withLock { $0.events } }

  /// The events so far, without comments and the like.
  package var events: [Event] { all.filter { !$0.name.isEmpty } }

  /// The ids of the notices so far.
  package var ids: [String] { events.filter { $0.name == "notice" }.compactMap(\.id) }

  /// How often the client was told to read its list.
  package var resets: Int { events.count { $0.name == "reset" } }

  /// What came so far of an answer that is no stream.
  package var rest: String {
    received.state.withLock { String(decoding: $0.text, as: UTF8.self) }
  }
}
