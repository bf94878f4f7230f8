import Doors
import Foundation
import Health
import Hummingbird
import Logging
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// The table of who may do what names every path there is.
@Suite struct RouteTableTests {
  @Test func `every path of the router is in the table of who may do what, and the other way round`() throws {
    let router = try Self.router()
    let paths = Set(router.routes.map { Self.template("\($0.path)") })
    let table = try WhoMay.table()
    let named = Set(table.flatMap(\.calls).map { String($0.path.prefix { $0 != "?" }) }.map(Self.template))
    #expect(paths == named)
  }

  /// A router with every route.
  static func router() throws -> Router<IngressContext> {
    var options = IngressOptions(shards: 1, redis: .single(try RedisURL("redis://127.0.0.1")))
    options.metrics = { "" }
    let pending = PendingReplies()
    let redis = RedisClient(options.redis)
    let routes = Routes(
      writes: Writes(
        redis: redis, shards: 1, ingress: "i", pending: pending, ordinaryWait: .seconds(1),
        backlog: FullShards(redis: redis, backlog: ShardBacklog(shards: 1, limit: 1)), blocks: IDBlocks()),
      reads: Reads(redis: redis, shards: 1),
      notices: NoticeFeed(
        options.redis, redis, shards: 1, limits: options.limits, logger: Logger(label: "test")),
      options: options)
    return routes.router(health: Health(), logger: Logger(label: "test"))
  }

  /// A path with all its parameters by the same name.
  private static func template(_ path: String) -> String {
    path.split(separator: "/").map { $0.first.map { ":{$".contains($0) } == true ? "{}" : $0 }
      .reduce("") { "\($0)/\($1)" }
  }
}
