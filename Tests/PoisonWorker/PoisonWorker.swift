import Foundation
import Lanes
import Logging
import Redis
import Workers

/// A trade worker that crashes on any entry with a field `poison`; for tests only.
@main
enum PoisonWorker {
  static func main() throws {
    let environment = ProcessInfo.processInfo.environment
    var options = LaneOptions()
    options.lease = .milliseconds(500)
    options.heartbeat = .milliseconds(50)
    options.replicaLifetime = .milliseconds(300)
    try LaneRunner(
      worker: WorkerKind.trade.rawValue, lanes: WorkerKind.trade.lanes(shards: 8).map(poisonable),
      redis: .single(RedisURL(environment["HANDOVER_REDIS_URL"] ?? "")), options: options,
      logger: Logger(label: "poison")
    ).run()
  }

  private static func poisonable(_ spec: LaneSpec) -> LaneSpec {
    LaneSpec(name: spec.name, streams: spec.streams, retained: spec.retained) {
      Crasher(spec.makeHandler())
    }
  }
}

private final class Crasher: LaneHandler {
  private let real: any LaneHandler

  init(_ real: any LaneHandler) { self.real = real }

  func begin(_ batch: [Entry]) -> any LaneWork {
    if batch.contains(where: { $0.value("poison") != nil }) { abort() }
    return real.begin(batch)
  }
}
