import Foundation
import Keys
import Lanes
import Processes
import Redis
import Testbed
import Testing

/// Processes that crash, are killed and come back.
@Suite struct FaultTests {
  /// It crashes twice with others in its batch, and then three times alone.
  @Test func `an entry that crashes its worker five times is put aside`() async throws {
    let system = try await TestSystem()
    _ = system.stop("trade-worker")
    let redis = try system.redis.connect()
    let shard = Shard.of(productid: 100, among: 8)
    for trade in 1...3 {
      var command = [
        "type", "ListTrade", "id", "\(trade)", "productid", trade == 2 ? "100" : "\(99 + trade)", "userid",
        "abc", "productname", "책", "qty", "1", "price", "1",
      ]
      if trade == 2 { command += ["poison", "1"] }
      // All three wait in one stream, so that the poison is in one batch with the others.
      var words = RESPWords("XADD", Key.commands(.trade, in: shard), "*")
      for word in command { words.add(word) }
      var commands = Commands()
      commands.add(words)
      for reply in try redis.exchange(commands) { try reply.get() }
    }
    var crashes = 0
    var worker = try system.start("PoisonWorker")
    try await eventually("the poison is put aside") {
      if worker.hasEnded {
        crashes += 1
        worker = try system.start("PoisonWorker")
      }
      return try redis.call("XLEN", "\(shard.tag):deadletters").integer == 1
    }
    // On a machine that has no time for it, its lease can run out before a trial is recorded, which then does
    // not count.
    #expect((5...8).contains(crashes), "\(crashes) crashes")
    let letter = try #require(try redis.call("XRANGE", "\(shard.tag):deadletters", "-", "+")[0]?[1])
    #expect(letter.compactMap(\.string).contains("crashed"))
    for trade in [1, 3] {
      try await eventually("trade \(trade) is listed") {
        try redis.call("HGET", Key.trade(trade, in: shard), "status").string == "판매중"
      }
    }
  }

  /// One deal after another, while the workers are killed in turn.
  @Test func `no deal is lost or done twice while workers are killed`() async throws {
    let system = try await TestSystem(replicas: 2, environment: ["HANDOVER_LEASE_SECONDS": "1"])
    let redis = try system.redis.connect()
    let deals = 60
    for deal in 1...deals {
      try redis.call(
        "XADD", "trade.commands", "*", "type", "ListTrade", "id", "\(deal)", "productid", "\(deal)", "userid",
        "이준호", "productname", "자전거", "qty", "1", "price", "120000")
      try redis.call(
        "XADD", "stock.commands", "*", "type", "RegisterStock", "id", "\(deal)", "productid", "\(deal)",
        "productname", "자전거", "qty", "1")
      for buyer in 0..<2 {
        try redis.call(
          "XADD", "reservation.commands", "*", "type", "Reserve", "id", "\(2 * deal + buyer)", "productid",
          "\(deal)", "userid", "김민지", "productname", "자전거", "qty", "1", "reserveDt", "2024-04-04",
          "address", "서울", "price", "120000")
      }
      if deal % 10 == 0 {
        let worker = TestSystem.workers[deal / 10 % 5] + "-worker"
        system.kill(worker)
        try system.start(worker)
      }
    }
    for deal in 1...deals { try await system.waitFor("/reserves/\(2 * deal)", "거래진행중") }
    for deal in 1...deals {
      try redis.call("XADD", "trade.commands", "*", "type", "Handover", "id", "\(deal)")
      if deal % 20 == 0 {
        system.kill("trade-worker")
        try system.start("trade-worker")
      }
    }
    for deal in 1...deals {
      try await system.waitFor("/reserves/\(2 * deal)", "거래완료")
      try await system.waitFor("/reserves/\(2 * deal + 1)", "거래불가")
      let stock = try await system.waitFor("/inventories/\(deal)", "재고감소")
      #expect(stock["qty"].integer == 0 && stock["held"].integer == 0)
    }
    var seen: [String: Int] = [:]
    for shard in (0..<8).map(Shard.init) {
      for entry in try redis.call("XRANGE", Key.journal(of: shard), "-", "+") {
        if let type = entry[1]?[1]?.string { seen[type, default: 0] += 1 }
      }
    }
    #expect(seen["ReserveCompleted"] == 2 * deals)
    #expect(seen["TradeStarted"] == deals)
    #expect(seen["TradeCompleted"] == deals)
    #expect(seen["StockDecreased"] == deals)
    #expect(seen["TradeRejected"] == deals)
    #expect(seen["CommandRejected"] == nil)
  }

  @Test func `every executable stops promptly and gives its leases back`() async throws {
    let system = try await TestSystem()
    for executable in ["ingress"] + TestSystem.workers.map({ "\($0)-worker" }) {
      for time in system.stop(executable) {
        let time = try #require(time, "\(executable) did not stop")
        #expect(time < Patience.prompt, "\(executable) took \(time)")
      }
    }
    let redis = try system.redis.connect()
    let leases = try redis.call("KEYS", "*lease*")
    #expect(leases.count == 0, "leases were not given back")
  }

  @Test func `a worker refuses to start with another number of shards`() async throws {
    let redis = try TestRedis()
    try redis.connect().call("SET", Key.shardCount, "8")
    let log = redis.folder.appending(path: "worker.log")
    let worker = try RunningProcess(
      Executables.path("stock-worker"), ["--shards", "4"],
      environment: ["HANDOVER_REDIS_URL": redis.url.description], log: log)
    try await eventually("it ends") { worker.hasEnded }
    #expect(worker.exitStatus == 1)
    let text = try String(contentsOf: log, encoding: .utf8)
    #expect(text.contains("set up with 8 shards, but 4 are requested"))
  }
}
