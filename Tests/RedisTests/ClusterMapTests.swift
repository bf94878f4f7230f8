import Testbed
import Testing

@testable import Redis

@Suite struct ClusterMapTests {
  private static let sender = node("10.0.0.9", 7009)

  private static func node(_ host: String, _ port: Int) -> RedisNode {
    RedisNode(host: host, port: port) ?? sender
  }

  private static func slot(_ number: Int) throws -> HashSlot { try #require(HashSlot(number: number)) }

  /// A node of `CLUSTER SLOTS`, as Redis 7 writes it.
  private static func entry(
    _ host: MadeReply, _ port: Int, metadata: [String] = []
  ) -> MadeReply {
    .array([host, .integer(port), .text("0123456789abcdef"), .array(metadata.map { .text($0) })])
  }

  private static func range(_ first: Int, _ last: Int, _ nodes: MadeReply...) -> MadeReply {
    .array([.integer(first), .integer(last)] + nodes)
  }

  private static func map(_ ranges: MadeReply...) throws -> ClusterMap {
    try ClusterMap(slots: Reply(.array(ranges)), from: sender)
  }

  @Test func `a map has the ranges of every master, also those that are not contiguous`() throws {
    let (a, b) = (Self.node("a.example", 7001), Self.node("10.0.0.2", 7002))
    let map = try Self.map(
      Self.range(10, 10, Self.entry(.text("10.0.0.2"), 7002)),
      Self.range(
        0, 9, Self.entry(.text("a.example"), 7001, metadata: ["ip", "10.0.0.1"]),
        Self.entry(.text("c.example"), 7003, metadata: ["ip", "10.0.0.3"])),
      Self.range(
        11, 16_383, Self.entry(.text("a.example"), 7001), Self.entry(.text("c.example"), 7003)))
    #expect(try map[Self.slot(0)] == a && map[Self.slot(9)] == a && map[Self.slot(10)] == b)
    #expect(try map[Self.slot(11)] == a && map[Self.slot(16_383)] == a)
    #expect(Set(map.masters) == [a, b])
    #expect(map.replicas == [a: 1, b: 0])
  }

  @Test func `nodes without ids or metadata are read too`() throws {
    let map = try Self.map(.array([.integer(0), .integer(16_383), .array([.text("h"), .integer(1)])]))
    #expect(map.masters == [Self.node("h", 1)])
  }

  @Test func `an empty or missing host is the node that answered, and a question mark nobody`() throws {
    let map = try Self.map(
      Self.range(0, 1, Self.entry(.text(""), 7001)), Self.range(2, 3, Self.entry(.null, 7002)),
      Self.range(4, 5, Self.entry(.text("?"), 7003)), Self.range(6, 7, Self.entry(.text("::1"), 7004)),
      Self.range(8, 9, Self.entry(.text("h"), 0)))
    #expect(try map[Self.slot(0)] == Self.node("10.0.0.9", 7001))
    #expect(try map[Self.slot(2)] == Self.node("10.0.0.9", 7002))
    #expect(try map[Self.slot(4)] == nil)
    #expect(try map[Self.slot(6)] == Self.node("::1", 7004))
    #expect(try map[Self.slot(8)] == nil && map[Self.slot(10)] == nil)
  }

  @Test func `maps are equal if every slot has the same node, in whatever order they were told`() throws {
    let (one, other) = (
      Self.range(0, 99, Self.entry(.text("a"), 1)), Self.range(100, 200, Self.entry(.text("b"), 2))
    )
    var map = try Self.map(one, other)
    #expect(try map == Self.map(other, one))
    try map.move(Self.slot(100), to: Self.node("a", 1))
    #expect(try map != Self.map(one, other))
    try map.move(Self.slot(100), to: Self.node("b", 2))
    #expect(try map == Self.map(one, other))
    #expect(ClusterMap().isEmpty && !map.isEmpty)
  }

  @Test func `a node that has lost its last slot is no master`() throws {
    var map = try Self.map(Self.range(5, 5, Self.entry(.text("a"), 1)))
    try map.move(Self.slot(5), to: Self.node("b", 2))
    #expect(map.masters == [Self.node("b", 2)])
  }

  @Test(
    arguments: [
      .text("OK"), .array([.integer(1)]), .array([range(5, 4, entry(.text("h"), 1))]),
      .array([range(0, 16_384, entry(.text("h"), 1))]), .array([range(-1, 0, entry(.text("h"), 1))]),
      .array([range(0, 1)]), .array([range(0, 1, .text("h"))]),
    ] as [MadeReply])
  func `another form is refused`(reply: MadeReply) {
    let error = #expect(throws: RedisError.self) { try ClusterMap(slots: Reply(reply), from: Self.sender) }
    #expect(error?.code == .unexpectedReply)
    #expect(error?.message.contains("10.0.0.9:7009") == true)
  }

  @Test func `a redirection names the slot and the node`() throws {
    let moved = try #require(Redirect("MOVED 3999 127.0.0.1:6381", from: Self.sender))
    #expect(moved.kind == .moved && moved.slot.number == 3999 && moved.node == Self.node("127.0.0.1", 6381))
    let ask = try #require(Redirect("ASK 0 ::1:6381", from: Self.sender))
    #expect(ask.kind == .ask && ask.node == Self.node("::1", 6381))
    #expect("\(Self.node("::1", 6381))" == "[::1]:6381")
    let named = try #require(Redirect("MOVED 1 a.b-c.example:1", from: Self.sender))
    #expect(named.node == Self.node("a.b-c.example", 1))
    // Redis leaves the host out if it does not know how the client reaches it.
    #expect(Redirect("MOVED 1 :6381", from: Self.sender)?.node == Self.node("10.0.0.9", 6381))
    #expect(Redirect("MOVED 1 ?:6381", from: Self.sender)?.node == nil)
  }

  @Test(
    arguments: [
      "MOVED", "MOVED 1", "MOVED 16384 h:1", "MOVED x h:1", "MOVEDON 1 h:1", "TRYAGAIN Multiple keys", "",
    ])
  func `other errors are no redirections`(text: String) {
    #expect(Redirect(text, from: Self.sender) == nil)
    #expect(Redirect(Reply(.text("MOVED 1 h:1")), from: Self.sender) == nil)
  }

  @Test(arguments: ["MOVED 1 h:0", "MOVED 1 h:65536", "MOVED 1 h", "MOVED 1 h:", "MOVED 1 h:x"])
  func `a redirection to an impossible address names no node`(text: String) throws {
    #expect(try #require(Redirect(text, from: Self.sender)).node == nil)
  }

  @Test func `the map of a real node is read`() async throws {
    try await TestRedis.with(TestRedis.clusterOptions()) { redis in
      let connection = try redis.connect()
      #expect(try ClusterMap(slots: connection.call("CLUSTER", "SLOTS"), from: Self.sender).isEmpty)
      try connection.call("CLUSTER", "ADDSLOTS", "7", "16383")
      let map = try ClusterMap(slots: connection.call("CLUSTER", "SLOTS"), from: Self.sender)
      // A node that has met no other does not know its own address.
      #expect(map.masters.map(\.host) == [Self.sender.host])
      #expect(try map[Self.slot(7)] != nil && map[Self.slot(8)] == nil && map[Self.slot(16_383)] != nil)
    }
  }
}
