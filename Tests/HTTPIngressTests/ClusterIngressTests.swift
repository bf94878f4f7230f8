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
    let ingress: TestIngress
    let cluster: Cluster
    /// A product of each shard.
    let products: [Int]

    init(_ nodes: TestCluster, _ ingress: TestIngress, _ cluster: Cluster) {
      self.nodes = nodes
      self.ingress = ingress
      self.cluster = cluster
      products = (0..<shards).compactMap { index in
        (1...1000).first { Shard.of(productid: $0, among: shards) == Shard(index) }
      }
    }

    /// The master that has a key at present.
    func master(of key: String) throws -> TestCluster.Node {
      try nodes.node(cluster.owner(of: HashSlot(of: key)))
    }

    /// The ports of the nodes that a reservation needs: of its id, and of its product's shard.
    func ports(of id: Int, _ product: Int) throws -> Set<Int> {
      let shard = Shard.of(productid: product, among: shards)
      let keys = [
        Key.directory(.reserve, id: id), Key.directory(archived: .reserve, id: id),
        Key.reservation(id, in: shard),
      ]
      return Set(try keys.map { try master(of: $0).port })
    }

    func reserve(_ id: Int, _ product: Int) async throws -> TestIngress.Answer {
      try await ingress.call(
        "POST", "/reserves", TestIngress.reserve(product, more: #","id":\#(id)"#), ["Prefer": "wait=10"])
    }

    /// Throws unless everything can be reserved again, sooner or later.
    func awaitReserves(from first: Int) async throws {
      for (number, product) in products.enumerated() {
        try await eventually("shard \(number) accepts reservations") {
          let status = try await reserve(first + number, product).status
          return status == 201 || status == 409
        }
      }
    }
  }

  /// Returns ids that are far apart: whether one has left is known by the thousand, all on one node.
  private static func chosenID(_ number: Int) -> Int { number * 1001 }

  /// What became of a reservation.
  private struct Call: Sendable {
    let id: Int
    /// The nodes that it needed before anything happened.
    let ports: Set<Int>
    let status: Int
    let time: Duration
  }

  /// Reserves in all shards at once while something happens, and for a moment longer.
  private static func load(
    _ stage: Stage, while something: () async throws -> Void
  ) async throws -> [Call] {
    let isOver = Watched(false)
    // By port, as of now.
    let needs = try (1...20_000).map { try stage.ports(of: chosenID($0), stage.products[$0 % shards]) }
    return try await withThrowingTaskGroup { clients in
      for client in 0..<shards {
        clients.addTask {
          var calls: [Call] = []
          for id in stride(from: client + shards, to: needs.count, by: shards) {
            if isOver.now { break }
            let start = ContinuousClock.now
            let status = try await stage.reserve(chosenID(id), stage.products[id % shards]).status
            calls.append(Call(id: chosenID(id), ports: needs[id - 1], status: status, time: .now - start))
          }
          return calls
        }
      }
      try await something()
      try await Task.sleep(for: .milliseconds(300))
      isOver.change { $0 = true }
      return try await clients.reduce(into: []) { $0 += $1 }
    }
  }

  /// Throws unless every reservation that was answered with success is there.
  private static func findAll(_ calls: [Call], _ stage: Stage) async throws {
    for call in calls where call.status == 201 {
      let found = try await stage.ingress.call("GET", "/reserves/\(call.id)")
      #expect(found.status == 200, "\(call.id)")
    }
  }

  private static func with(replicas: Bool, _ body: (Stage) async throws -> Void) async throws {
    let nodes = try await onThread { try TestCluster(replicas: replicas) }
    let cluster = try await onThread { try Cluster(nodes.url) }
    try await TestIngress.run(on: cluster, shards: shards) { ingress in
      try await body(Stage(nodes, ingress, cluster))
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

  @Test func `a dead master takes its own shards away, and nothing else`() async throws {
    try await Self.with(replicas: false) { stage in
      let ingress = stage.ingress
      #expect(try await ingress.call("POST", "/reserves", TestIngress.reserve(1)).status == 201)
      let victim = try stage.master(of: Key.counter(.reserve))
      let needs = try (1000..<1100).map {
        try stage.ports(of: Self.chosenID($0), stage.products[$0 % Self.shards])
      }
      try await onThread { try stage.nodes.kill(victim) }
      var reserved: Int?
      for (id, ports) in zip(1000..., needs) {
        let start = ContinuousClock.now
        let answer = try await stage.reserve(Self.chosenID(id), stage.products[id % Self.shards])
        #expect(.now - start < Patience.prompt)
        if ports.contains(victim.port) {
          #expect(answer.status == 503)
          #expect(answer.headers["retry-after"] == "1")
        } else {
          #expect(answer.status == 201)
          #expect(try await ingress.call("GET", "/reserves/\(Self.chosenID(id))").status == 200)
          reserved = id
        }
      }
      // The ids that the ingress has left are enough for a while, also where their nodes are away.
      let alive = try #require(needs.firstIndex { !$0.contains(victim.port) }) + 1000
      for _ in 1...10 {
        let made = try await ingress.call(
          "POST", "/reserves", TestIngress.reserve(stage.products[alive % Self.shards]))
        #expect(made.status == 201)
      }
      // A list without the shards that are away would be a lie.
      for path in ["/reserves", "/reserves?page=5", "/notices"] {
        let list = try await ingress.call("GET", path, nil, ["Accept-Language": "ko"])
        #expect(list.status == 503)
        #expect(list.headers["content-type"] == "application/problem+json")
        #expect(list.headers["retry-after"] == "1")
        #expect(list.json["message"].text == "지금은 처리할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.")
        let english = try await ingress.call("GET", path, nil, ["Accept-Language": "en"])
        #expect(english.json["message"].text?.contains("cannot reach its store") == true)
      }
      // An outcome is found wherever it is; whether there is one cannot be known without all shards.
      let key = ["Idempotency-Key": try Self.key(away: false, from: victim, stage)]
      let product = stage.products[try #require(reserved) % Self.shards]
      for _ in 1...2 {
        let made = try await ingress.call(
          "POST", "/reserves", TestIngress.reserve(product, more: #","id":\#(Self.chosenID(reserved ?? 0))"#),
          key)
        #expect(made.status == 409)
      }
      #expect(try await ingress.call("GET", "/operations/unheard-of").status == 503)
      // Ready for the rest, and the health report tells what is missing.
      let health = try await ingress.call("GET", "/readiness")
      #expect(health.status == 200)
      let partial = health.json["components"]["redis"]["details"]["partial"].text
      #expect(partial?.contains("of 8 shards are away") == true)
      #expect(partial?.contains("\(victim.port)") == true)
      for node in stage.nodes.nodes where node.port != victim.port {
        try await onThread { try stage.nodes.kill(node) }
      }
      try await eventually("the ingress is not ready") {
        try await ingress.call("GET", "/readiness").status == 503
      }
      #expect(try await ingress.call("GET", "/liveness").status == 200)
    }
  }

  /// Returns an idempotency key whose record is, or is not, on a node.
  private static func key(away: Bool, from node: TestCluster.Node, _ stage: Stage) throws -> String {
    let keys = (0..<1000).map { "key-\($0)" }
    return try #require(
      keys.first { (try? stage.master(of: Key.request($0)).port == node.port) == away })
  }

  @Test(arguments: ["killed", "paused"])
  func `calls of others go on while a master fails over`(how: String) async throws {
    try await Self.with(replicas: true) { stage in
      let victim = try stage.master(of: Key.commands(.reservation, in: Shard(0)))
      let calls = try await Self.load(stage) {
        try await onThread {
          if how == "killed" { try stage.nodes.kill(victim) } else { try stage.nodes.pause(victim) }
          try insist("a replica has taken over") {
            guard try stage.nodes.owner(of: HashSlot(of: Shard(0).key("x"))).port != victim.port else {
              throw NeverHappened(description: "not yet")
            }
          }
        }
      }
      let others = calls.filter { !$0.ports.contains(victim.port) }
      #expect(others.count > 10)
      #expect(others.allSatisfy { $0.status == 201 }, "\(Set(others.map(\.status)))")
      #expect(Set(calls.map(\.status)).isSubset(of: [201, 202, 503]))
      #expect(calls.allSatisfy { $0.time < .seconds(10) + Patience.prompt })
      try await Self.findAll(others, stage)
      print(
        "a master is \(how): \(calls.count) calls, \(calls.count { $0.status == 503 }) refused, slowest of others",
        others.map(\.time).max() ?? .zero)
      try await stage.awaitReserves(from: 30_000)
      if how == "paused" {
        try await onThread { try stage.nodes.resume(victim) }
        try await stage.awaitReserves(from: 31_000)
      }
      try await eventually("everything can be listed again") {
        try await stage.ingress.call("GET", "/reserves").status == 200
      }
    }
  }

  @Test func `planned work on a cluster fails no call and loses no outcome`() async throws {
    try await Self.with(replicas: true) { stage in
      let calls = try await Self.load(stage) {
        try await onThread {
          // Each master hands over to its replica, one after the other.
          for replica in stage.nodes.nodes.dropFirst(TestCluster.masterCount) {
            try stage.nodes.waitForAgreement()
            try stage.nodes.failOver(to: replica)
          }
          try stage.nodes.waitForAgreement()
          // A shard, the ids of reservations and the directory of an id move.
          for key in [Shard(0).key("x"), Key.counter(.reserve), Key.directory(.reserve, id: 500)] {
            let slot = HashSlot(of: key)
            let owner = try stage.nodes.owner(of: slot)
            let masters = stage.nodes.nodes.dropFirst(TestCluster.masterCount)
            try stage.nodes.move(slot, to: #require(masters.first { $0.port != owner.port }))
          }
        }
      }
      #expect(calls.count > 100)
      #expect(calls.allSatisfy { $0.status == 201 }, "\(calls.filter { $0.status != 201 })")
      try await Self.findAll(calls, stage)
      print("planned work: \(calls.count) calls, the slowest took", calls.map(\.time).max() ?? .zero)
    }
  }
}
