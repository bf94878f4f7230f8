import Foundation
import Keys
import Lanes
import Processes
import Redis
import Synchronization
import Testbed
import Testing

/// A system of real processes on a Redis Cluster.
@Suite struct ClusterTests {
  private static let shards = 16

  private func start(_ cluster: TestCluster) async throws -> TestSystem {
    try await TestSystem(on: .cluster(cluster), environment: ["HANDOVER_SHARDS": "\(Self.shards)"])
  }

  /// Lists a product with enough units, and returns its number.
  private func list(_ number: Int, on system: TestSystem) async throws -> Int {
    let product = 100 + number
    #expect(try await system.http.list(number, product: product, qty: 1000).status == 201)
    #expect(try await system.http.register(number, product: product, qty: 1000).status == 201)
    return product
  }

  private func owner(of key: String, _ cluster: TestCluster) async throws -> Int {
    try await onThread { try cluster.owner(of: HashSlot(of: key)).port }
  }

  private func audit(_ system: TestSystem) throws -> String {
    let log = system.servers.folder.appending(path: "audit-\(UInt32.random(in: 0...UInt32.max))")
    let process = try RunningProcess(
      Executables.path("handover"), ["audit", "--wait", "60"],
      environment: ["HANDOVER_REDIS_URL": try system.servers.url.description], log: log)
    process.wait()
    return try String(contentsOf: log, encoding: .utf8)
  }

  @Test func `both parties of a deal on a cluster see its notices as they come`() async throws {
    let cluster = try await onThread { try TestCluster() }
    try await WalkthroughTests.followDeal(on: start(cluster))
  }

  @Test func `deals run on a cluster as on one Redis`() async throws {
    let cluster = try await onThread { try TestCluster() }
    let system = try await start(cluster)
    for number in 1...3 {
      let product = try await list(number, on: system)
      let reservation = try await system.http.reserve(product: product, buyer: "김민지")
      #expect(reservation.status == 201)
      let path = "/reserves/\(try #require(try reservation.json["id"].integer))"
      try await system.waitFor(path, "거래진행중")
      #expect(try await system.http.post("/trades/\(number)/handover").status == 200)
      try await system.waitFor(path, "거래완료")
    }
    try await eventually("three notices of the completed deals") {
      let notices = try await system.http.get("/notices?userid=%EA%B9%80%EB%AF%BC%EC%A7%80&size=100")
      return notices["_embedded"]["notices"].elements.count { $0["status"].text == "거래완료" } == 3
    }
    try await onThread {
      // An inlet, whose slot belongs to another shard's node than most of its commands.
      let redis = try cluster.connect()
      for number in 1...20 {
        try redis.call(
          "XADD", "reservation.commands", "*", "type", "Reserve", "productid", "\(100 + number % 3 + 1)",
          "userid", "buyer\(number)", "productname", "애플워치", "qty", "1", "reserveDt", "2024-04-04", "address",
          "서울", "price", "50000")
      }
    }
    try await eventually("the inlet's reservations run") {
      let stock = try await system.http.get("/inventories")
      return stock["_embedded"]["inventories"].elements.reduce(0) { $0 + ($1["held"].integer ?? 0) } == 20
    }
    let report = try await onThread { try audit(system) }
    #expect(report.contains("Everything agrees."), "\(report)")
  }

  /// Calls until told to stop, and their answers.
  private final class Load: Sendable {
    let answers = Mutex<[UInt]>([])
    let isOver = Atomic(false)
  }

  @Test func `planned work on a cluster fails no call and loses nothing`() async throws {
    let cluster = try await onThread { try TestCluster() }
    let system = try await start(cluster)
    var listed: [Int] = []
    for number in 1...4 { listed.append(try await list(number, on: system)) }
    let products = listed
    let load = Load()
    try await withThrowingTaskGroup { group in
      for buyer in 0..<8 {
        group.addTask {
          var number = 0
          while !load.isOver.load(ordering: .relaxed) {
            number += 1
            let answer = try await system.http.reserve(
              product: products[(buyer + number) % products.count], buyer: "buyer\(buyer)-\(number)")
            load.answers.withLock { $0.append(answer.status) }
          }
        }
      }
      try await onThread {
        for round in 0..<3 {
          try cluster.failOver(to: cluster.replica(round))
          try cluster.waitForAgreement()
          for product in products {
            let slot = HashSlot(of: Key.journal(of: Shard.of(productid: product, among: Self.shards)))
            try cluster.move(slot, to: cluster.master(round, besides: cluster.owner(of: slot)))
          }
          try cluster.waitForAgreement()
        }
      }
      load.isOver.store(true, ordering: .relaxed)
      try await group.waitForAll()
    }
    // 202: admitted, but its shard was on the move for longer than the call waits.
    let statuses = load.answers.withLock { $0 }
    #expect(statuses.allSatisfy { $0 == 201 || $0 == 202 }, "\(Set(statuses))")
    let report = try await onThread { try audit(system) }
    #expect(report.contains("Everything agrees."), "\(report)")
    let reservations = try await system.http.get("/reserves?size=1")
    #expect(reservations["page"]["totalElements"].integer == statuses.count)
  }

  @Test func `a killed master stops its own deals until its replica takes over, and no others`() async throws
  {
    let cluster = try await onThread { try TestCluster() }
    let system = try await start(cluster)
    var products: [Int: Int] = [:]
    for number in 1...12 {
      let product = try await list(number, on: system)
      products[
        try await owner(of: Key.journal(of: Shard.of(productid: product, among: Self.shards)), cluster)] =
        product
    }
    try #require(products.count == TestCluster.masterCount)
    // The counter of ids, on which every reservation depends, is somewhere too.
    let counter = try await owner(of: Key.counter(.reserve), cluster)
    let victim = try #require(products.keys.first { $0 != counter })
    let node = try #require(cluster.nodes.first { $0.port == victim })
    try await onThread { try cluster.kill(node) }
    for (port, product) in products where port != victim {
      for buyer in 1...20 {
        #expect(try await system.http.reserve(product: product, buyer: "buyer\(buyer)").status == 201)
      }
    }
    let product = try #require(products[victim])
    try await eventually("deals of the killed master go on") {
      try await system.http.reserve(product: product, buyer: "late", headers: ["Idempotency-Key": "late"])
        .status == 201
    }
    try await onThread {
      try cluster.restart(node)
      try cluster.waitForAgreement()
    }
    let report = try await onThread { try audit(system) }
    #expect(report.contains("Everything agrees."), "\(report)")
  }
}
