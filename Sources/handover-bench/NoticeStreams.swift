import AsyncHTTPClient
import Foundation
import Keys
import Lanes
import Market
import Processes
import Redis
import Synchronization

/// Measures what open streams of notices cost an ingress, and how soon a notice reaches its user.
struct NoticeStreams: Sendable {
  struct Result: Sendable {
    /// What all open streams added to the ingress' memory, in bytes.
    let memory: Int
    /// From before a notice was written until its user had it, at a fixed rate.
    let steady: Latencies
    /// The same for all users at the same moment, several times.
    let bursts: Latencies
    /// From the signal to the end of the ingress, all streams still open.
    let stop: Duration
  }

  /// Notices that are on their way.
  private final class Arrivals: Sendable {
    private let sent = Mutex<[String: (ContinuousClock.Instant, Latencies)]>([:])

    func expect(_ id: NoticeID, from start: ContinuousClock.Instant, in latencies: Latencies) {
      sent.withLock { $0["\(id)"] = (start, latencies) }
    }

    func arrived(_ id: String) {
      let now = ContinuousClock.now
      guard let (start, latencies) = sent.withLock({ $0.removeValue(forKey: id) }) else { return }
      latencies.record(now - start)
    }

    var missing: Int { sent.withLock { $0.count } }
  }

  private static let shards = 8
  private static let bursts = 20

  private let count: Int
  private let rate: Int
  private let duration: Duration

  init(_ count: Int, rate: Int, for duration: Duration) {
    self.count = count
    self.rate = rate
    self.duration = duration
  }

  func run() async throws -> Result {
    let stage = try BenchSystem(shards: Self.shards)
    defer { stage.end() }
    return try await Load.with { load in
      try await Load.with(connections: count) { try await measure(stage, load, $0.client) }
    }
  }

  private func measure(_ stage: BenchSystem, _ load: Load, _ client: HTTPClient) async throws -> Result {
    let port = try FreePort.find()
    let ingress = try stage.start(
      "ingress", ["--log-level", "warning"],
      environment: ["HANDOVER_PORT": "\(port)", "HANDOVER_CONNECTIONS": "\(count * 2 + 100)"])
    let base = "http://127.0.0.1:\(port)"
    try await load.awaitAnswer("\(base)/actuator/health", of: ingress)
    // What any load leaves behind is not the streams'.
    _ = try await load.closed(connections: 64, for: .seconds(1), expecting: 200) { _ in
      HTTPClientRequest(url: "\(base)/reserves")
    }
    let before = ingress.residentBytes
    let arrivals = Arrivals()
    return try await withThrowingDiscardingTaskGroup { group in
      for number in 0..<count {
        let request = HTTPClientRequest(url: "\(base)/notices/stream?userid=user\(number)")
        let response = try await client.execute(request, timeout: .hours(1))
        guard response.status == .ok else { throw BenchError("Stream \(number) got \(response.status).") }
        group.addTask { try await Self.follow(response, arrivals) }
      }
      var number = 0
      let redis = stage.redis
      let steady = Latencies()
      let start = ContinuousClock.now
      for turn in 0..<Int(duration.seconds * Double(rate)) {
        try await Task.sleep(until: start + .seconds(1) * turn / rate, tolerance: .zero, clock: .continuous)
        try Self.write([number % count], &number, redis, arrivals, steady)
      }
      try await Self.wait(for: arrivals)
      let memory = ingress.residentBytes - before
      let bursts = Latencies()
      for _ in 0..<Self.bursts {
        try Self.write(0..<count, &number, redis, arrivals, bursts)
        try await Self.wait(for: arrivals)
      }
      let stopping = ContinuousClock.now
      stage.stop(ingress)
      return Result(memory: memory, steady: steady, bursts: bursts, stop: .now - stopping)
    }
  }

  /// Writes a notice to each of some users, and then its status, as the notification worker does.
  private static func write(
    _ users: some Sequence<Int>, _ number: inout Int, _ redis: any RedisLink, _ arrivals: Arrivals,
    _ latencies: Latencies
  ) throws {
    let now = UInt64(Date().timeIntervalSince1970 * 1000)
    var notices = Commands()
    var statuses = Commands()
    var ids: [NoticeID] = []
    for user in users {
      number += 1
      let position = EntryID(milliseconds: now, sequence: UInt64(number))
      let id = NoticeID(of: position, in: Shard(number % shards), to: "user\(user)", as: .buyer)
      let fields: Fields = [
        "productid": "1", "productname": "애플워치", "status": "거래진행중", "message": "‘애플워치’ 거래가 시작되었습니다.",
        "reserveid": "\(number)", "tradeid": "1",
      ]
      notices.add("HSET", Key.notices(of: id.userid), id.own, fields.packed)
      statuses.add(
        "XADD", Key.status(of: id.shard), "*", "type", "StatusUpdated", "event", "TradeStarted", "position",
        "\(position)", "status", "거래진행중", "productid", "1", "reserveid", "\(number)", "tradeid", "1",
        "userid",
        id.userid, "seller", "nobody")
      ids.append(id)
    }
    for reply in try redis.exchange(notices) { try reply.get() }
    let start = ContinuousClock.now
    for id in ids { arrivals.expect(id, from: start, in: latencies) }
    for reply in try redis.exchange(statuses) { try reply.get() }
  }

  private static func wait(for arrivals: Arrivals) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while arrivals.missing > 0 {
      guard ContinuousClock.now < deadline else {
        throw BenchError("\(arrivals.missing) notices did not reach their users.")
      }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  private static func follow(_ response: HTTPClientResponse, _ arrivals: Arrivals) async throws {
    var rest = ""
    for try await part in response.body {
      rest += String(buffer: part)
      var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
      // The last line is still to be completed.
      let last = lines.popLast() ?? ""
      for line in lines where line.hasPrefix("id: ") { arrivals.arrived(String(line.dropFirst(4))) }
      rest = String(last)
    }
  }
}

extension RunningProcess {
  /// How much of the process is in memory, in bytes; 0 if that cannot be found out.
  var residentBytes: Int {
    let pages = (try? String(contentsOfFile: "/proc/\(id)/statm", encoding: .utf8))?.split(separator: " ")
    return (pages?.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }
}
