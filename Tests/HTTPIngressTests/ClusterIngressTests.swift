import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// One after another, because each has a cluster of its own.
@Suite(.serialized) struct ClusterIngressTests {
  private static let shards = 8

  /// A cluster with an ingress.
  private struct Stage: Sendable {
    let nodes: TestCluster
    let cluster: Cluster
    let ingress: TestIngress

    /// The nodes that a reservation needs: the one with its id and the one with its product's shard.
    func nodes(of id: Int, product: Int) -> Set<RedisNode> {
      let keys = [Key.directory(.reserve, id: id), Key.reservation(id, in: shard(of: product))]
      return Set(keys.compactMap { cluster.owner(of: HashSlot(of: $0)) })
    }

    func shard(of product: Int) -> Shard { Shard.of(productid: product, among: ClusterIngressTests.shards) }

    func reserve(_ id: Int, product: Int, wait: Int = 10) async throws -> TestIngress.Answer {
      try await ingress.call(
        "POST", "/reserves", TestIngress.reserve(product, more: #","id":\#(id)"#), ["Prefer": "wait=\(wait)"])
    }
  }

  private static func with(
    replicas: Bool, _ body: (Stage) async throws -> Void
  ) async throws {
    let nodes = try await onThread { try TestCluster(replicas: replicas) }
    let cluster = try await onThread { try Cluster(nodes.url) }
    try await TestIngress.run(on: cluster, shards: shards) { ingress in
      try await body(Stage(nodes: nodes, cluster: cluster, ingress: ingress))
    }
  }

  @Test func `everything that works on one Redis works on a cluster`() async throws {
    try await Self.with(replicas: false) { stage in
      let ingress = stage.ingress
      for product in 1...40 {
        let made = try await ingress.call("POST", "/reserves", TestIngress.reserve(product))
        #expect(made.status == 201)
        #expect(made.json["id"].integer == product)
        #expect(try await ingress.call("GET", "/reserves/\(product)").json["userid"].text == "홍길동")
      }
      let list = try await ingress.call("GET", "/reserves?page=1&size=30")
      #expect(list.json["_embedded"]["reserves"].elements.map { $0["id"].integer } == Array(31...40))
      #expect(list.json["page"]["totalElements"].integer == 40)
      #expect(try await ingress.call("GET", "/notices").status == 200)
      let changed = try await ingress.call("PATCH", "/reserves/7", #"{"address":"부산"}"#)
      #expect(changed.json["address"].text == "부산")
      let key = ["Idempotency-Key": "once"]
      for _ in 1...2 {
        let made = try await ingress.call("POST", "/reserves", TestIngress.reserve(50), key)
        #expect(made.status == 201)
        #expect(made.json["id"].integer == 41)
      }
      #expect(try await ingress.call("GET", "/operations/key:once").json["status"].text == "completed")
      #expect(try await ingress.call("GET", "/operations/unheard-of").status == 404)
      let health = try await ingress.call("GET", "/readiness")
      #expect(health.status == 200)
      #expect(health.json["components"]["redis"]["details"]["partial"].text == nil)
    }
  }
}
