import AsyncHTTPClient
import Foundation
import NIOCore

extension IdentityOptions.KeySource {
  /// The most bytes that a key set can have.
  static let largest = 256 << 10

  /// Reads the key set once.
  func fetch(timeout: Duration) async throws(KeyFault) -> Data {
    switch self {
    case .file(let path): try Self.read(path)
    case .url(let url): try await Self.get(url, timeout)
    }
  }

  private static func read(_ path: String) throws(KeyFault) -> Data {
    let data: Data?
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      data = try file.read(upToCount: largest + 1)
    } catch {
      throw KeyFault("The file cannot be read: \(error.localizedDescription)")
    }
    guard let data, data.count <= largest else {
      throw KeyFault(data == nil ? "The file is empty." : "The file has more than \(largest) bytes.")
    }
    return data
  }

  private static func get(_ url: String, _ timeout: Duration) async throws(KeyFault) -> Data {
    do {
      return try await withThrowingTaskGroup(of: Data.self) { group in
        group.addTask { try await get(url) }
        group.addTask {
          try await Task.sleep(for: timeout)
          throw KeyFault("The issuer did not answer within \(timeout).")
        }
        defer { group.cancelAll() }
        return try await group.next() ?? Data()
      }
    } catch let fault as KeyFault {
      throw fault
    } catch is NIOTooManyBytesError {
      throw KeyFault("The answer has more than \(largest) bytes.")
    } catch {
      throw KeyFault("The issuer cannot be reached: \(error)")
    }
  }

  /// A client for every fetch: they are rare, and none finds a connection that went stale since the last one.
  private static func get(_ url: String) async throws -> Data {
    // A redirect could lead anywhere, away from what was configured and checked.
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    // The next fetch is the retry.
    configuration.connectionPool.retryConnectionEstablishment = false
    return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
      var request = HTTPClientRequest(url: url)
      request.headers.add(name: "Accept", value: "application/jwk-set+json, application/json")
      // The caller's time-out is for all of it, the body too.
      let response = try await client.execute(request, deadline: .distantFuture)
      guard response.status == .ok else {
        throw KeyFault("The issuer answered \(response.status.code) instead of 200.")
      }
      return Data(try await response.body.collect(upTo: largest).readableBytesView)
    }
  }
}
