import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Processes
import Redis

/// An HTTP client that generates load.
struct Load: Sendable {
  let client: HTTPClient

  private init(connections: Int) {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
    client = HTTPClient(configuration: configuration)
  }

  /// Runs some work with a client of its own.
  ///
  /// - Parameter connections: The most connections that stay open.
  static func with<Result>(
    connections: Int = 1024, _ work: (Load) async throws -> Result
  ) async throws -> Result {
    let load = Load(connections: connections)
    do {
      let result = try await work(load)
      try await load.client.shutdown()
      return result
    } catch {
      try? await load.client.shutdown()
      throw error
    }
  }

  /// Makes calls at fixed times, whether or not earlier calls are done. A latency counts from the call's
  /// intended start, so that calls delayed by a stall count as slow.
  ///
  /// - Parameter begin: Gets each call's number and intended start, and returns the request.
  func open(
    rate: Int, for duration: Duration, expecting status: UInt,
    _ begin: @escaping @Sendable (Int, ContinuousClock.Instant) -> HTTPClientRequest
  ) async throws -> Latencies {
    let latencies = Latencies()
    let start = ContinuousClock.now + .milliseconds(50)
    try await withThrowingDiscardingTaskGroup { group in
      for number in 0..<Int(duration.seconds * Double(rate)) {
        let intended = start + .seconds(1) * number / rate
        try await Task.sleep(until: intended, tolerance: .zero, clock: .continuous)
        let request = begin(number, intended)
        group.addTask {
          try await call(request, expecting: status)
          latencies.record(.now - intended)
        }
      }
    }
    return latencies
  }

  /// Makes all calls, over a few connections.
  func all(_ requests: [HTTPClientRequest], expecting status: UInt) async throws {
    let connections = 16
    try await withThrowingDiscardingTaskGroup { group in
      for connection in 0..<connections {
        group.addTask {
          for number in stride(from: connection, to: requests.count, by: connections) {
            try await call(requests[number], expecting: status)
          }
        }
      }
    }
  }

  /// Makes one call after another on each of several connections. Returns how many calls were done.
  ///
  /// - Parameter request: Returns the request for a call's number.
  func closed(
    connections: Int, for duration: Duration, expecting status: UInt,
    _ request: @escaping @Sendable (Int) -> HTTPClientRequest
  ) async throws -> Int {
    let end = ContinuousClock.now + duration
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for connection in 0..<connections {
        group.addTask {
          var calls = 0
          while ContinuousClock.now < end {
            try await call(request(connection + calls * connections), expecting: status)
            calls += 1
          }
          return calls
        }
      }
      return try await group.reduce(0, +)
    }
  }

  @discardableResult
  func call(_ request: HTTPClientRequest, expecting status: UInt) async throws -> (HTTPHeaders, String) {
    let response = try await client.execute(request, timeout: .seconds(30))
    let body = String(buffer: try await response.body.collect(upTo: 1 << 22))
    guard response.status.code == status else {
      throw BenchError("\(request.url) answered \(response.status.code): \(body.prefix(300))")
    }
    return (response.headers, body)
  }

  /// Waits until the URL is answered.
  func awaitAnswer(_ url: String, of server: RunningProcess) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while (try? await call(HTTPClientRequest(url: url), expecting: 200)) == nil {
      guard !server.hasEnded, ContinuousClock.now < deadline else {
        throw BenchError("Nothing answers at \(url).")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
