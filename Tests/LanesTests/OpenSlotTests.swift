import Foundation
import Market
import Processes
import Redis
import Testbed
import Testing

@testable import Lanes

@Suite struct OpenSlotTests {
  private static let lane = LaneName(worker: "copy", tag: "{0}")

  private static func commit(_ connection: RedisConnection) throws -> RESPWords {
    var commit = Commit(lane: lane)
    commit.add { $0.add("INCR", "{0}:known") }
    commit.add { $0.add("INCR", "{0}:new") }
    return commit.call(
      digest: try connection.digest(of: Commit.script), token: "a:1", leaseMilliseconds: 600_000, inputs: [])
  }

  private static func id(_ connection: RedisConnection) throws -> String {
    try #require(try connection.call("CLUSTER", "MYID").string)
  }

  /// Redis would run it up to the first missing key, and keep what was written until then.
  @Test func `a commit is refused before its first write while its slot is moving`() async throws {
    let ports = [try FreePort.find(), try FreePort.find()]
    let nodes = try ports.map { try TestRedis(["--cluster-enabled", "yes", "--port", "\($0)"]) }
    let (here, there) = (try nodes[0].connect(), try nodes[1].connect())
    try here.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    try here.call("CLUSTER", "MEET", "127.0.0.1", "\(ports[1])", "\(ports[1] + 10_000)")
    let other = try Self.id(there)
    let deadline = ContinuousClock.now + Patience.limit
    while try here.call("CLUSTER", "INFO").string?.contains("cluster_state:ok") != true
      || here.call("CLUSTER", "NODES").string?.contains("\(other) 127.0.0.1") != true
    {
      try #require(ContinuousClock.now < deadline, "the nodes do not meet")
      usleep(20_000)
    }
    try here.call("SET", Self.lane.lease, "a:1", "PX", "600000")
    try here.call("SET", "{0}:known", "0")
    let slot = try #require(try here.call("CLUSTER", "KEYSLOT", Self.lane.lease).integer)
    try here.call("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", other)
    let error = #expect(throws: RedisError.self) { try here.call(Self.commit(here)) }
    #expect(error?.canRetry == true, "\(String(describing: error))")
    #expect(try here.call("GET", "{0}:known").integer == 0)
    try here.call("CLUSTER", "SETSLOT", "\(slot)", "STABLE")
    try here.call(Self.commit(here))
    #expect(try here.call("GET", "{0}:known").integer == 1)
    #expect(try here.call("GET", "{0}:new").integer == 1)
  }
}
