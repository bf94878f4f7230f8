import Doors
import Foundation
import Keys
import Lanes
import Logging
import Market
import Operations
import Redis
import Testbed
import Workers

/// A system of all five workers on its own Redis. The workers stop when the value is deinitialized.
final class Bench {
  let redis: TestRedis
  let connection: RedisConnection
  let shards: Int
  /// What the deciding workers decide by.
  private var policy: Policy
  private var runners: [LaneRunner] = []
  private let running = DispatchGroup()
  private var asked = 0

  init(shards: Int = 2, policy: Policy = Policy()) throws {
    self.shards = shards
    self.policy = policy
    redis = try TestRedis()
    connection = try redis.connect()
    try connection.call("SET", Key.shardCount, "\(shards)")
  }

  deinit { stop() }

  /// Lets workers that start from now on decide by something else.
  func change(_ policy: Policy) { self.policy = policy }

  /// Runs only these workers until they have nothing left to do.
  func run(only workers: Set<String>) throws {
    start(workers)
    var lags: [Int]
    repeat {
      lags = []
      for worker in workers {
        for stream in ["{0}:events", "{0}:\(worker).commands"] {
          for group in try connection.call("XINFO", "GROUPS", stream) where group.pairs["name"] == worker {
            lags.append(group.pairs["lag"].flatMap { Int($0) } ?? 1)
          }
        }
      }
    } while lags.isEmpty || lags.contains { $0 > 0 }
    stop()
  }

  func start(_ workers: Set<String> = Set(WorkerKind.allCases.map(\.rawValue))) {
    var options = LaneOptions()
    options.heartbeat = .milliseconds(20)
    runners = WorkerKind.allCases.filter { workers.contains($0.rawValue) }.map { role in
      LaneRunner(
        worker: role.rawValue, lanes: role.lanes(shards: shards, policy: policy), redis: .single(redis.url),
        options: options,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
    for runner in runners {
      running.enter()
      let running = running
      Thread.detachNewThread {
        runner.run()
        running.leave()
      }
    }
  }

  func stop() {
    for runner in runners { runner.stop() }
    running.wait()
    runners = []
  }

  /// Sends commands through the door, and returns the admissions.
  @discardableResult
  func send(_ commands: [Fields]) throws -> [Admission] {
    let requests = try commands.map { fields in
      asked += 1
      let worker = CommandKind(rawValue: fields["type"] ?? "")?.worker ?? .reservation
      return CommandRequest(
        draft: try Draft(fields: fields, worker: worker), commandid: fields["commandid"] ?? "c\(asked)")
    }
    var door = Door(requests, shards: shards)
    return try door.run(on: connection)
  }

  /// Sends commands one after another and waits until the workers have nothing left to do.
  func settle(_ commands: [Fields]) throws {
    if runners.isEmpty { start() }
    for command in commands {
      try send([command])
    }
    _ = try audit()
  }

  /// Audits the system once its workers are at rest.
  func audit(patience: Duration = Patience.limit) throws -> AuditReport {
    try Auditor(connection).run(waiting: patience)
  }

  /// Returns the shard of a product.
  func shard(of productid: Int) -> Shard { .of(productid: productid, among: shards) }
}

extension AuditReport {
  /// Every difference, one line each.
  var said: [String] { differences.map { "\($0.code) \($0.key): \($0.message)" } }
  var codes: Set<Difference.Code> { Set(differences.map(\.code)) }
}

extension Fields {
  func with(_ name: String, _ value: String) -> Fields {
    var fields = self
    fields.append(name, value)
    return fields
  }
}
