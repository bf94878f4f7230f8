import Testbed
import Testing

@testable import Redis

@Suite struct ClusterMemberTests {
  private static let ids = ["a", "b", "c"].map { String(repeating: $0, count: 40) }

  private static func member(_ line: String) throws -> ClusterMember? {
    ClusterMember(Substring(line), from: try #require(RedisNode(host: "10.0.0.9", port: 7009)))
  }

  @Test func `a line of a master has its slots and those that are moving`() throws {
    let line = """
      \(Self.ids[0]) 10.0.0.1:7001@17001 myself,master - 0 1700000000000 12 connected 0-99 200 \
      [93->-\(Self.ids[1])] [500-<-\(Self.ids[2])]
      """
    let member = try #require(try Self.member(line))
    #expect(member.id == Self.ids[0] && member.isSelf && member.isMaster && !member.isAway)
    #expect(member.epoch == 12 && member.slots == [0...99, 200...200])
    #expect(member.address == RedisNode(host: "10.0.0.1", port: 7001) && member.name == member.address)
    #expect(try member.migrating == [#require(HashSlot(number: 93)): Self.ids[1]])
    #expect(try member.importing == [#require(HashSlot(number: 500)): Self.ids[2]])
  }

  @Test(arguments: [
    ("10.0.0.1:7001@17001,one.example", "10.0.0.1", "one.example"),
    ("10.0.0.1:7001@17001,,shard-id=69bc", "10.0.0.1", "10.0.0.1"),
    ("10.0.0.1:7001@17001,one.example,shard-id=69bc", "10.0.0.1", "one.example"),
    ("::1:7001@17001", "::1", "::1"),
    // A node that does not know its own address.
    (":7001@17001", "10.0.0.9", "10.0.0.9"),
  ])
  func `nodes reach it by its address, and clients by its name`(text: String, address: String, name: String)
    throws
  {
    let line = "\(Self.ids[0]) \(text) master - 0 0 1 connected"
    let member = try #require(try Self.member(line))
    #expect(member.address == RedisNode(host: address, port: 7001))
    #expect(member.name == RedisNode(host: name, port: 7001))
    #expect(member.slots.isEmpty && !member.isSelf)
  }

  @Test(arguments: ["master,fail", "master,fail?", "handshake", "master,noaddr"])
  func `a node that cannot be reached is away`(flags: String) throws {
    let line = "\(Self.ids[0]) 10.0.0.1:7001@17001 \(flags) - 0 0 1 disconnected"
    #expect(try Self.member(line)?.isAway == true)
  }

  @Test(arguments: [
    "", "nonsense", "\(ids[0]) 10.0.0.1:7001@17001 master - 0 0 x connected",
    "\(ids[0]) 10.0.0.1:7001@17001 master - 0 0 1 connected 5-4",
    "\(ids[0]) 10.0.0.1:7001@17001 master - 0 0 1 connected 0-16384",
    "\(ids[0]) 10.0.0.1:7001@17001 master - 0 0 1 connected [5]",
    "\(ids[0]) 10.0.0.1:7001@17001 master - 0 0 1 connected [5-=-x]",
  ])
  func `a line of another form is none`(line: String) throws {
    #expect(try Self.member(line) == nil)
  }

  @Test func `a server tells of all its nodes`() async throws {
    try await onThread {
      let cluster = try TestCluster(replicas: false)
      let connection = try cluster.connect()
      let found = connection.onEveryMaster { (node, connection) throws(RedisError) in
        try connection.members(of: node)
      }
      #expect(found.count == TestCluster.masterCount)
      for (_, result) in found {
        let members = try result.get()
        #expect(Set(members.map(\.id)) == Set(cluster.nodes.map(\.id)))
        #expect(members.count(where: \.isSelf) == 1)
        #expect(members.flatMap(\.slots).reduce(0) { $0 + $1.count } == HashSlot.count)
        #expect(Set(members.compactMap(\.name?.port)) == Set(cluster.nodes.map { Int32($0.port) }))
      }
    }
  }
}
