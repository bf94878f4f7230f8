import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// `users.acl` grants what the services need, and nothing else.
@Suite struct AccessTests {
  @Test func `every service has the rights that its work needs`() async throws {
    let system = try await GuardedSystem()
    let http = system.http
    let operatorConnection = try system.connect("operator")

    // By REST: one deal that completes, one that waits, one that is canceled and deleted.
    func reserve(_ product: Int, _ user: String) async throws -> String {
      let deal = #""productid":\#(product),"userid":"\#(user)","productname":"책","qty":1,"price":1"#
      let answer = try await http.post(
        "/reserves", #"{\#(deal),"reserveDt":"2024-04-04","address":"서울"}"#,
        headers: ["Idempotency-Key": "\(user)-\(product)"])
      // 202 if the worker that would answer has just been killed.
      #expect([201, 202].contains(answer.status))
      return "/reserves/\(try #require(try answer.json["id"].integer))"
    }
    for product in 1...2 {
      let goods = #""id":\#(product),"productid":\#(product),"productname":"책","qty":1"#
      #expect(try await http.post("/trades", #"{\#(goods),"userid":"abc","price":1}"#).status == 201)
      #expect(try await http.post("/inventories", "{\(goods)}").status == 201)
    }
    let first = try await reserve(1, "me")
    try await status(http, first, "거래진행중")
    let second = try await reserve(1, "you")
    try await status(http, second, "예약대기")
    #expect(try await http.post("/trades/1/handover").status == 200)
    try await status(http, first, "거래완료")
    try await status(http, second, "거래불가")
    let third = try await reserve(2, "me")
    try await status(http, third, "거래진행중")
    #expect(try await http.call(.DELETE, third).status == 204)
    #expect(try await http.call(.PATCH, "/inventories/2", #"{"qty":3}"#).status == 200)
    #expect(try await http.call(.DELETE, "/trades/2").status == 204)
    // A former listing can still be removed from the lists.
    let again = #"{"id":9,"productid":1,"productname":"책","qty":1,"userid":"abc","price":1}"#
    #expect(try await http.post("/trades", again).status == 201)
    #expect(try await http.call(.DELETE, "/trades/1").status == 204)
    #expect(try await http.call(.GET, "/trades/1").status == 404)
    for path in ["/notices?userid=me", "/notices", "/mypages/me", "/reserves?sort=price", "/inventories"] {
      try await eventually("\(path) lists something") {
        try await http.get(path)["page"]["totalElements"].integer ?? 0 > 0
      }
    }

    // By the inlets, which people can only write to; ids are made here, and malformed entries are put aside.
    let inlet = try system.connect("inlet")
    try inlet.call(
      "XADD", "reservation.commands", "*", "type", "Reserve", "productid", "3", "userid", "김민지",
      "productname", "자전거", "qty", "1", "reserveDt", "2024-04-04", "address", "서울", "price", "1")
    try inlet.call(
      "XADD", "stock.commands", "*", "type", "RegisterStock", "id", "3", "productid", "3", "productname",
      "자전거",
      "qty", "1")
    try inlet.call(
      "XADD", "trade.commands", "*", "type", "ListTrade", "productid", "3", "userid", "이준호", "productname",
      "자전거", "qty", "1", "price", "1")
    try await status(http, "/inventories/3", "재고확보")
    try inlet.call("XADD", "trade.commands", "*", "type", "Nonsense")
    try await eventually("the bad entry is put aside") {
      try operatorConnection.call("XLEN", "{trade.commands}:deadletters").integer == 1
    }

    // Lanes change hands between replicas: to one that joins, from one that stops, from one that dies.
    for worker in Deployment.workers { try system.start(worker) }
    try await replicas(2, operatorConnection)
    for worker in Deployment.workers { #expect(try #require(system.release(worker)).terminate() != nil) }
    try await replicas(1, operatorConnection)
    for worker in Deployment.workers {
      try system.start(worker)
      try #require(system.release(worker)).kill()
    }
    try await status(http, try await reserve(4, "me"), "예약대기")

    // The streams are trimmed, which happens every few seconds.
    try await eventually("streams are trimmed") {
      try operatorConnection.call("INFO", "commandstats").string?.contains("cmdstat_xtrim:") == true
    }
    // Redis itself needs rights too, to load its own data.
    for service in Deployment.services { while let process = system.release(service) { process.terminate() } }
    let journals = try journals(operatorConnection)
    #expect(journals.reduce(0, +) > 10)
    // The doctor misses nothing, and tries it without a trace.
    for user in Deployment.services + ["operator"] {
      let examined = try system.operate("doctor", as: user)
      #expect(examined.text.contains("\(user) has the rights of \(user)"), "\(examined.text)")
    }
    #expect(try denials(operatorConnection) == [])
    try await system.startRedis()
    let afterwards = try system.connect("operator")
    #expect(try self.journals(afterwards) == journals)
    #expect(try denials(afterwards) == [])
  }

  private func denials(_ redis: RedisConnection) throws -> [String] {
    try redis.call("ACL", "LOG").map { $0.compactMap(\.string).joined(separator: " ") }
  }

  /// Returns how many events each shard's journal has.
  private func journals(_ redis: RedisConnection) throws -> [Int] {
    try (0..<8).map { try redis.call("XLEN", "{\($0)}:events").integer ?? 0 }
  }

  @Test func `no service has the rights of another`() async throws {
    let system = try await GuardedSystem()
    let redis = try system.connect("operator")
    func may(_ user: String, _ command: String) throws -> Bool {
      var words = RESPWords("ACL", "DRYRUN", user)
      for word in command.split(separator: " ") { words.add(String(word)) }
      var commands = Commands()
      commands.add(words)
      return try redis.exchange(commands).first?.get().string == "OK"
    }

    for (user, command) in [
      ("stock", "HSET {1}:stock:1 qty 5"), ("trade", "XADD {1}:events * a b"),
      ("reservation", "XTRIM {1}:events MAXLEN 5"), ("mypage", "ZADD mypage:{me} 1 1:1:buyer"),
      ("mypage", "HSET {1}:mypage:0 1 x"), ("ingress", "HMGET {1}:mypage:0 1"),
      ("notification", "HSET notices:{me} a b"), ("ingress", "XADD {1}:trade.commands * a b"),
      ("trade", "ZADD {1}:timers 1 x"), ("trade", "ZREM {1}:timers x"),
      ("inlet", "XADD trade.commands * a b"), ("inlet", "ASKING"), ("probe", "PING"),
      ("replica", "PING"), ("replica", "PSYNC ? -1"), ("replica", "REPLCONF ACK 1"),
    ] {
      #expect(try may(user, command), "\(user) must be able to \(command)")
    }
    for (user, command) in [
      // The aggregates and the journal belong to the deciding workers.
      ("mypage", "HSET {1}:stock:1 qty 5"), ("mypage", "HGETALL {1}:stock:1"),
      ("mypage", "XADD {1}:events * a b"),
      ("mypage", "HSET notices:{me} a b"), ("notification", "HSET {1}:reserve:1 status x"),
      ("notification", "XADD {1}:events * a b"), ("notification", "ZADD mypage:{me} 1 1:1:buyer"),
      ("notification", "HSET {1}:mypage:0 1 x"), ("ingress", "HSET {1}:mypage:0 1 x"),
      ("stock", "HSET {1}:trade:1 qty 5"), ("trade", "HSET {1}:stock:1 qty 5"),
      ("reservation", "HSET {1}:product:1 a b"), ("ingress", "HSET {1}:reserve:1 status x"),
      ("ingress", "XADD {1}:events * a b"),
      // What comes due is the trade's alone.
      ("stock", "ZADD {1}:timers 1 x"), ("reservation", "ZREM {1}:timers x"),
      ("ingress", "ZADD {1}:timers 1 x"), ("inlet", "ZADD {1}:timers 1 x"),
      // No worker sends another's commands, or changes another's lanes.
      ("stock", "XADD {1}:trade.commands * a b"), ("trade", "XADD trade.commands * a b"),
      ("mypage", "SET {1}:lease:stock x"), ("reservation", "HSET {1}:cursor:mypage a b"),
      ("trade", "XTRIM {1}:events MAXLEN 5"), ("stock", "ZREM replicas:{trade} x"),
      // External users write or read what is theirs, and no more.
      ("inlet", "XADD {1}:trade.commands * a b"), ("inlet", "XRANGE trade.commands - +"),
      ("inlet", "GET id:{trade:1}"), ("probe", "GET id:{trade:1}"), ("replica", "GET id:{trade:1}"),
    ] {
      #expect(try !may(user, command), "\(user) must not be able to \(command)")
    }
    for service in Deployment.services {
      for command in ["CLUSTER SLOTS", "ASKING", "PING"] {
        #expect(try may(service, command), "\(service) must be able to \(command)")
      }
    }
    for user in Deployment.services + ["inlet", "replica", "probe"] {
      for command in [
        "CLUSTER RESET", "CLUSTER FAILOVER", "CLUSTER SETSLOT 1 STABLE", "REPLICAOF NO ONE", "FLUSHALL",
        "CONFIG GET *", "KEYS *", "SCAN 0", "SHUTDOWN", "ACL LIST", "DEL {1}:events",
      ] {
        #expect(try !may(user, command), "\(user) must not be able to \(command)")
      }
    }

    // A script gives nobody additional rights.
    let mypage = try system.connect("mypage")
    let digest = try mypage.digest(of: Script("return redis.call('HSET','{1}:stock:1','qty','5')"))
    #expect(throws: RedisError.self) { try mypage.call("EVALSHA", digest, "1", "{1}:lease:mypage") }
    #expect(try redis.call("EXISTS", "{1}:stock:1").integer == 0)
    // And nobody can sign in without a password.
    let nobody = try RedisConnection(RedisURL(system.address))
    #expect { try nobody.call("PING") } throws: {
      ($0 as? RedisError)?.code == .refused(kind: .noAuthentication)
    }
  }

  @Test func `in a cluster every service finds the nodes, and replicas follow with a user of their own`()
    async throws
  {
    let cluster = try GuardedCluster()
    try cluster.form()
    for service in Deployment.services {
      let found = try Cluster(RedisURL(cluster.url(service)))
      #expect(found.masters.count == 3, "\(service)")
      #expect(found.masters.allSatisfy { found.replicas[$0] == 1 }, "\(service)")
      // What the nodes say about each other by their announced names leads to them.
      #expect(found.masters.allSatisfy { $0.host == "localhost" }, "\(service)")
    }
    // A deal's first writes, each at the master of its slot, reach the replica of that master.
    let link = ClusterConnection(try Cluster(RedisURL(cluster.url("operator"))))
    for shard in 0..<8 { try link.call("XADD", "{\(shard)}:events", "*", "a", "b") }
    try await eventually("all replicas have everything") {
      try cluster.ports.reduce(0) { try $0 + (cluster.connect("operator", $1).call("DBSIZE").integer ?? 0) }
        == 16
    }
    // A master that retires hands over to its replica, and forming the cluster again changes nothing.
    let (master, replica) = (cluster.ports[0], cluster.ports[3])
    try cluster.retire(master)
    #expect(try cluster.owners().values.sorted() == [cluster.ports[1], cluster.ports[2], replica].sorted())
    let before = try cluster.owners()
    try cluster.form()
    #expect(try cluster.owners() == before)
    // Who comes back without data follows whoever has the slots now.
    try cluster.replace(0)
    try cluster.form()
    #expect(try cluster.owners() == before)
    let role = try cluster.connect("operator", master).call("ROLE")
    #expect(role[0]?.string == "slave")
    #expect(role[2]?.integer == replica)
    for port in cluster.ports {
      #expect(try denials(cluster.connect("operator", port)) == [])
    }
  }

  @Test func `in a cluster every service has the rights that its work needs, also while slots move`()
    async throws
  {
    let cluster = try GuardedCluster()
    try cluster.form()
    let system = try await GuardedSystem(on: cluster)
    let (http, buyer, encoded) = (system.http, "김민지", "%EA%B9%80%EB%AF%BC%EC%A7%80")
    /// As people do with `redis-cli -c`.
    func enter(_ inlet: DecidingWorker, _ fields: String...) throws {
      var words = RESPWords("XADD", Key.inlet(inlet), "*")
      for field in fields { words.add(field) }
      try cluster.connect("inlet", cluster.owner(of: HashSlot(of: Key.inlet(inlet)))).call(words)
    }
    func reserve(_ user: String, prefer: String = "wait=10") async throws -> HTTP.Answer {
      let deal = #""productid":1,"userid":"\#(user)","productname":"책","qty":1,"price":1"#
      return try await http.post(
        "/reserves", #"{\#(deal),"reserveDt":"2024-04-04","address":"서울"}"#, headers: ["Prefer": prefer])
    }

    // A deal by REST, whose shard moves before its handover.
    let goods = #""id":1,"productid":1,"productname":"책","qty":9"#
    #expect(try await http.post("/trades", #"{\#(goods),"userid":"abc","price":1}"#).status == 201)
    #expect(try await http.post("/inventories", "{\(goods)}").status == 201)
    let first = try #require(try await reserve("me").json["id"].integer)
    try await status(http, "/reserves/\(first)", "거래진행중")
    let shard = Shard.of(productid: 1, among: 64)
    let slot = HashSlot(of: Key.journal(of: shard))
    let target = try cluster.master(without: slot)
    try await cluster.move(slot, to: target) {
      func arrived() throws -> [Int?] {
        try DecidingWorker.allCases.map { worker in
          var commands = Commands("ASKING")
          commands.add("XLEN", Key.commands(worker, in: shard))
          return try cluster.connect("operator", target).exchange(commands)[1].get().integer
        }
      }
      // The ingress and the inlets go on, and find the shard where it is moving to.
      let before = try arrived().map { $0 ?? 0 }
      #expect(try await reserve("you", prefer: "respond-async").status == 202)
      try enter(
        .reservation, "type", "Reserve", "id", "77", "productid", "1", "userid", buyer, "productname", "책",
        "qty", "1", "reserveDt", "2024-04-04", "address", "서울", "price", "1")
      try enter(.trade, "type", "Handover", "id", "1", "reserveid", "\(first)")
      try enter(.stock, "type", "AdjustStock", "id", "1", "qty", "8")
      let added = DecidingWorker.allCases.map { $0 == .reservation ? 2 : 1 }
      try await eventually("all commands are in the shard") {
        try arrived() == zip(before, added).map { $0 + $1 }
      }
    }
    try await status(http, "/reserves/\(first)", "거래완료")
    try await status(http, "/reserves/77", "거래진행중")

    // A deal by the inlet, while what its buyer reads moves. A new one comes onto the buyer's list meanwhile.
    let user = HashSlot(of: Key.notices(of: buyer))
    try await cluster.move(user, to: try cluster.master(without: user)) {
      #expect(try await http.post("/trades/1/handover", #"{"reserveid":77}"#).status == 200)
      #expect(try await reserve(buyer).status == 201)
      try await eventually("the buyer is told") {
        try await http.get("/notices?userid=\(encoded)")["_embedded"]["notices"].elements
          .contains { $0["status"].text == "거래완료" }
      }
      try await eventually("the buyer's page says it") {
        let rows = try await http.get("/mypages/\(encoded)")["_embedded"]["mypages"].elements
        return Set(rows.map { $0["tradeStatus"].text }) == ["거래완료", "거래진행중"]
      }
    }

    // What the operator does.
    let moved = try system.operate("cluster", "balance", "--apply")
    #expect(moved.status == 0 && moved.text.contains(" keys moved."), "\(moved.text)")
    #expect(try system.operate("cluster", "balance").text.contains("Nothing has to move."))
    let last = try #require(try await reserve("late").json["id"].integer)
    try await status(http, "/reserves/\(last)", "거래진행중")
    let audit = try system.operate("audit", "--wait", "60")
    #expect(audit.status == 0 && audit.text.contains("Everything agrees."), "\(audit.text)")
    try await eventually("all is well") { try system.operate("status").status == 0 }
    for port in cluster.ports {
      #expect(try denials(cluster.connect("operator", port)) == [])
    }
  }

  @Test func `every key in the access rules is one that the code has`() throws {
    let keys = try Deployment.keys().map { $0.replacing("{s}", with: "{<>}") }
    let rules = try Deployment.text("redis/users.acl")
    let patterns = Set(rules.matches(of: /[~](\S*[^\s)])/).map { String($0.1) }).subtracting(["*"])
    #expect(patterns.count > 40)
    for pattern in patterns {
      #expect(keys.contains { Self.canMatch($0[...], pattern[...]) }, "no key can match ~\(pattern)")
    }
  }

  /// Whether some key is of both forms: one of the code, with `<>` for any text without a colon, and one of
  /// the access rules, with `*` for any text.
  private static func canMatch(_ key: Substring, _ pattern: Substring) -> Bool {
    if key.hasPrefix("<>") {
      if canMatch(key.dropFirst(2), pattern) { return true }
      return pattern.first.map { $0 != ":" } == true && canMatch(key, pattern.dropFirst())
    }
    guard let next = pattern.first else { return key.isEmpty }
    if next == "*" {
      return canMatch(key, pattern.dropFirst()) || !key.isEmpty && canMatch(key.dropFirst(), pattern)
    }
    return key.first == next && canMatch(key.dropFirst(), pattern.dropFirst())
  }

  private func status(_ http: HTTP, _ path: String, _ status: String) async throws {
    try await eventually("\(path) is \(status)") { try await http.get(path)["status"].text == status }
  }

  private func replicas(_ count: Int, _ redis: RedisConnection) async throws {
    try await eventually("\(count) replicas of every worker live") {
      try Deployment.workers.allSatisfy { try redis.call("ZCARD", "replicas:{\($0)}").integer == count }
    }
  }
}
