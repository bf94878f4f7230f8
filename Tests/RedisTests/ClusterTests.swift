import Foundation
import Testbed
import Testing

@testable import Redis

/// One node that has all slots, and is a cluster of its own.
private struct LoneNode {
  let redis: TestRedis
  let url: RedisURL

  init() throws {
    let options = try TestRedis.clusterOptions()
    redis = try TestRedis(options)
    url = try RedisURL("redis://127.0.0.1:\(options[3])")
    let connection = try redis.connect()
    try connection.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    try insist("the node serves its slots") { try connection.call("EXISTS", "key") }
  }

  /// How often the map was asked for.
  var refreshes: Int { get throws { try redis.connect().calls(of: "cluster|slots") } }
}

@Suite struct ClusterTests {
  private static let broken = RedisError(.unavailable, "broken")

  @Test func `one node is enough to learn the map`() async throws {
    try await onThread {
      let node = try LoneNode()
      let cluster = try Cluster(RedisURL("redis://127.0.0.1:1,\("\(node.url)".dropFirst(8).dropLast(2))"))
      #expect(cluster.masters.map { RedisURL(of: $0, as: node.url) } == [node.url])
      #expect(cluster.owner(of: HashSlot(of: "key")) == cluster.masters.first)
      #expect(cluster.replicas == [cluster.masters[0]: 0])
    }
  }

  @Test func `what is no cluster is refused with the reason`() async throws {
    try await onThread {
      let error = #expect(throws: RedisError.self) { try Cluster(RedisURL("redis://127.0.0.1:1")) }
      #expect(error?.code == .unavailable && error?.canRetry == true)
      for url in ["unix:///tmp/redis.sock", "redis-sentinel://h/m", "redis://127.0.0.1:1/3"] {
        let error = #expect(throws: RedisError.self) { try Cluster(RedisURL(url)) }
        #expect(error?.code == .badURL, "\(url)")
      }
      let plainOptions = ["--port", try TestRedis.clusterOptions()[3]]
      let emptyOptions = try TestRedis.clusterOptions()
      let servers = try [TestRedis(plainOptions), TestRedis(emptyOptions)]
      withExtendedLifetime(servers) {
        let plain = #expect(throws: RedisError.self) {
          try Cluster(RedisURL("redis://127.0.0.1:2,127.0.0.1:\(plainOptions[1])"))
        }
        #expect(plain?.message.contains("cluster support disabled") == true && plain?.canRetry == false)
        // It can become a part of the cluster yet.
        let empty = #expect(throws: RedisError.self) {
          try Cluster(RedisURL("redis://127.0.0.1:\(emptyOptions[3])"))
        }
        #expect(empty?.message.contains("no node that has slots") == true && empty?.canRetry == true)
      }
    }
  }

  @Test func `the map is asked for with the credentials of the URL`() async throws {
    try await onThread {
      let node = try LoneNode()
      let admin = try node.redis.connect()
      try admin.call("ACL", "SETUSER", "anna", "on", ">geheim", "~*", "+cluster|slots", "+ping", "+get")
      try admin.call("CONFIG", "SET", "requirepass", "master")
      let nobody = #expect(throws: RedisError.self) { try Cluster(node.url) }
      #expect(nobody?.code == .refused(kind: .noAuthentication))
      var url = node.url
      (url.user, url.password) = ("anna", "geheim")
      let connection = ClusterConnection(try Cluster(url))
      #expect(try connection.call("GET", "key").isNull)
    }
  }

  @Test func `many threads that complain cause few refreshes, one at a time`() async throws {
    try await onThread {
      let node = try LoneNode()
      let cluster = try Cluster(node.url)
      let start = ContinuousClock.now
      let threads = (0..<8).map { _ in
        Background {
          while start.duration(to: .now) < .seconds(2) {
            for master in cluster.masters { cluster.suspect(master, because: Self.broken) }
            usleep(1000)
          }
        }
      }
      for thread in threads { #expect(thread.wait() != nil) }
      let time = start.duration(to: .now)
      let most = 1 + Int(time.seconds / 0.1)
      let busy = try node.refreshes
      #expect((5...(most + 1)).contains(busy), "in \(time)")
      // The node answers, so it is cleared as soon as nobody complains any more.
      let cleared: Void? = try? insist("the node is cleared") {
        guard cluster.suspicion(of: cluster.masters[0]) == nil else { throw Self.broken }
      }
      #expect(cleared != nil)
      // One more may follow the last complaint.
      let ended: Void? = try? insist("the refreshes end") {
        let before = try node.refreshes
        usleep(500_000)
        guard try node.refreshes == before else { throw Self.broken }
      }
      #expect(ended != nil)
    }
  }

  @Test func `a refresh is a new one, unless the map is young enough`() async throws {
    try await onThread {
      let node = try LoneNode()
      let cluster = try Cluster(node.url)
      #expect(try node.refreshes == 1)
      cluster.refresh(ifOlderThan: .seconds(3600))
      #expect(try node.refreshes == 1)
      cluster.refresh()
      #expect(try node.refreshes == 2)
      cluster.refresh()
      #expect(try node.refreshes == 3)
    }
  }

  @Test func `a change of the map wakes those who wait for it`() async throws {
    try await onThread {
      let node = try LoneNode()
      let cluster = try Cluster(node.url)
      let version = cluster.version
      #expect(!cluster.waitForChange(since: version, within: .milliseconds(20)))
      let waiting = Background { cluster.waitForChange(since: version, within: Patience.limit) }
      let moved = try #require(Redirect("MOVED 7 127.0.0.1:1", from: cluster.masters[0]))
      cluster.note([.redirect(moved, from: cluster.masters[0])])
      #expect(waiting.wait(within: Patience.prompt) != nil)
      // The node knows better.
      #expect(cluster.waitForChange(since: version + 1, within: Patience.limit))
      #expect(cluster.masters.count == 1)
    }
  }

  @Test func `a cluster that nobody uses any more is not asked any more`() async throws {
    try await onThread {
      let node = try LoneNode()
      weak var gone: Cluster?
      do {
        let cluster = try Cluster(node.url)
        gone = cluster
        node.redis.process.signal(SIGSTOP)
        cluster.suspect(cluster.masters[0], because: Self.broken)
      }
      defer { node.redis.process.signal(SIGCONT) }
      try insist("the cluster is gone") { if gone != nil { throw Self.broken } }
    }
  }
}
