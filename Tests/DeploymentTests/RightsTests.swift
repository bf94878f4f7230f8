import Foundation
import Keys
import Market
import NIOHTTP1
import Processes
import Redis
import Testbed
import Testing
import Workers

@testable import Lanes

/// `users.acl` grants no more than what is used: Redis itself judges whether a rule with one right less would still
/// permit every command that a whole system executes.
@Suite struct RightsTests {
  /// Rights that this system does not need, and others do. `AccessTests` needs them in a cluster.
  private static let elsewhere: [(user: String?, right: String, reason: String)] = [
    (nil, "+cluster|slots", "tells where the slots of a cluster are"),
    (nil, "+asking", "follows a key out of a slot that moves"),
    (nil, "+ping", "asks a node of a cluster that did not answer whether it is back"),
    ("ingress", "+zcount", "finds a page that is deep in a list"),
  ]

  @Test func `nobody has a right that is not used`() async throws {
    let services = Deployment.services + ["inlet", "probe"]
    let sources = Dictionary(
      uniqueKeysWithValues: services.enumerated().map { ($1, "127.0.77.\($0 + 1)") })
    var watch: WatchedCommands?
    let system = try await GuardedSystem(
      from: sources,
      environment: ["HANDOVER_RETENTION_ENTRIES": "1", "HANDOVER_LEASE_SECONDS": "2"]
    ) { system in
      watch = try WatchedCommands(
        port: system.port, password: Deployment.password(of: "operator"),
        log: system.folder.appending(path: "commands.log"))
    }
    let admin = try system.connect("operator")
    let walked = await Result { try await Self.walk(system, admin) }
    for denial in try admin.call("ACL", "LOG") {
      Issue.record("denied: \(denial.compactMap(\.string).joined(separator: " "))")
    }
    try walked.get()

    let commands = try #require(watch).finish(admin)
    var needless = Self.elsewhere
    for rule in try AccessRule.all() where rule.user != "replica" {
      var used = try Self.kinds(of: commands[sources[rule.user] ?? ""] ?? [], admin)
      if let kind = WorkerKind(rawValue: rule.user) { used += Self.declared(kind) }
      for excess in try rule.excess(beyond: used, admin) {
        func isKnown(_ one: (user: String?, right: String, reason: String)) -> Bool {
          (one.user ?? rule.user) == rule.user && excess.what.hasPrefix("\(one.right) ")
        }
        #expect(Self.elsewhere.contains(where: isKnown), "\(excess)")
        needless.removeAll(where: isKnown)
      }
    }
    #expect(needless.map(\.right) == [], "these are used here too")
  }

  /// What a worker's lanes declare that their commits write, which is checked before any of them runs.
  private static func declared(_ kind: WorkerKind) -> [[String]] {
    kind.lanes(shards: 8).flatMap { $0.checkedWrites.map(\.words) }
  }

  /// Leaves one of those commands that differ only in numbers and in what is no key.
  private static func kinds(
    of commands: [WatchedCommands.Command], _ redis: RedisConnection
  ) throws -> [[String]] {
    let commands = Array(Set(commands))
    var questions = Commands()
    for command in commands { questions.add(RESPWords(["COMMAND", "GETKEYS"] + command.words)) }
    let keys = try redis.exchange(questions)
    var kinds: [[String]: [String]] = [:]
    for (command, keys) in zip(commands, keys) {
      let found = keys.error == nil ? keys.compactMap(\.string) : []
      // The second word is a command of its own where the first only names a group of commands.
      let name = command.words.prefix(found.isEmpty || command.words[1] != found[0] ? 2 : 1)
      let kind = (name + found).map { $0.replacing(/[0-9]+/, with: "0") }
      kinds[kind] = command.words
    }
    return Array(kinds.values)
  }

  // MARK: The walk

  /// Lets every part of the system do whatever it can do.
  private static func walk(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    try await deals(system)
    try await inlets(system, admin)
    try await departure(system, admin)
    try await repairs(system, admin)
    try await shortage(system, admin)
    try await replicas(system, admin)
    try system.connect("probe").call("PING")
    let trims = try admin.call("INFO", "commandstats").string?.firstMatch(of: /cmdstat_xtrim:calls=(\d+)/)
    #expect(trims.flatMap { Int($0.1) } ?? 0 > 100)
  }

  private static func reserve(
    _ http: HTTP, _ product: Int, _ user: String, _ headers: HTTPHeaders = [:]
  ) async throws -> String {
    let deal = #""productid":\#(product),"userid":"\#(user)","productname":"책","qty":1,"price":1"#
    let answer = try await http.post(
      "/reserves", #"{\#(deal),"reserveDt":"2024-04-04","address":"서울"}"#, headers: headers)
    #expect([201, 202].contains(answer.status), "\(answer.status)")
    return "/reserves/\(try answer.json["id"].integer ?? 0)"
  }

  private static func offer(_ http: HTTP, _ product: Int, qty: Int = 1) async throws {
    let goods = #""id":\#(product),"productid":\#(product),"productname":"책","qty":\#(qty)"#
    #expect(try await http.post("/trades", #"{\#(goods),"userid":"abc","price":1}"#).status == 201)
    #expect(try await http.post("/inventories", "{\(goods)}").status == 201)
  }

  private static func status(_ http: HTTP, _ path: String, _ status: String) async throws {
    try await eventually("\(path) is \(status)") { try await http.get(path)["status"].text == status }
  }

  /// Every call of the ingress.
  private static func deals(_ system: GuardedSystem) async throws {
    let http = system.http
    for product in 1...3 { try await offer(http, product, qty: 2) }
    let key: HTTPHeaders = ["Idempotency-Key": "one"]
    let first = try await reserve(http, 1, "me", key)
    #expect(try await reserve(http, 1, "me", key) == first)
    try await status(http, first, "거래진행중")
    let later = try await reserve(http, 1, "you", ["Prefer": "respond-async", "Idempotency-Key": "two"])
    try await eventually("the operation is known") {
      try await http.call(.GET, "/operations/key:two").status == 200
    }
    try await status(http, later, "거래진행중")
    let change = #"{"reserveDt":"2024-05-05","address":"부산"}"#
    #expect(try await http.call(.PATCH, first, change).status == 200)
    #expect(
      try await http.post("/trades/1/handover", #"{"reserveid":\#(first.dropFirst(10))}"#).status == 200)
    try await status(http, first, "거래완료")
    #expect(try await http.call(.PUT, "\(later)/reservecancel").status == 200)
    try await status(http, later, "예약취소")
    #expect(try await http.call(.DELETE, later).status == 204)
    // A key belongs to one request, and a candidate for an id can be taken by somebody who chose it.
    let other =
      #"{"productid":1,"userid":"other","productname":"책","qty":1,"price":1,"reserveDt":"2024-04-04","address":"서울"}"#
    #expect(try await http.post("/reserves", other, headers: key).status == 422)
    let last = try await reserve(http, 4, "you")
    let next = (Int(last.dropFirst(10)) ?? 0) + 1
    let taken = other.replacing(#"{"productid":1"#, with: #"{"id":\#(next),"productid":4"#)
    #expect(try await http.post("/reserves", taken).status == 201)
    _ = try await reserve(http, 4, "you", ["Idempotency-Key": "three"])
    #expect(try await http.post("/reserves", taken).status == 409)
    for _ in 0..<2 {
      #expect(try await http.call(.DELETE, last, headers: ["Idempotency-Key": "four"]).status == 204)
    }
    // Perhaps it has left for the archive.
    try await eventually("it is removed") { try await http.call(.GET, last).status == 404 }
    let goodsAgain = #"{"id":1,"productid":1,"userid":"abc","productname":"책","qty":1,"price":1}"#
    #expect(try await http.post("/trades", goodsAgain).status == 409)
    #expect(
      try await http.post("/inventories", goodsAgain.replacing(#""userid":"abc","#, with: "")).status == 409)
    let waiting = try await reserve(http, 4, "you")
    try await status(http, waiting, "예약대기")
    #expect(try await http.get(waiting)["position"].integer != nil)
    #expect(try await http.call(.PATCH, "/trades/2", #"{"price":2}"#).status == 200)
    #expect(try await http.call(.PATCH, "/inventories/2", #"{"qty":3}"#).status == 200)
    #expect(try await http.call(.DELETE, "/inventories/2").status == 204)
    #expect(try await http.call(.DELETE, "/trades/2").status == 204)
    // Ids that the ingress gives.
    let goods = #""productid":5,"productname":"책","qty":1"#
    #expect(try await http.post("/trades", #"{\#(goods),"userid":"abc","price":1}"#).status == 201)
    #expect(try await http.post("/inventories", "{\(goods)}").status == 201)
    // A former listing can still be removed from the lists.
    let again = #"{"id":9,"productid":2,"productname":"책","qty":1,"userid":"abc","price":1}"#
    #expect(try await http.post("/trades", again).status == 201)
    for path in [
      "/notices?userid=me", "/notices?userid=me&page=1&size=1", "/notices?userid=me&sort=status", "/notices",
      "/mypages/me",
      "/mypages/me?page=1&size=1", "/reserves?page=1&size=1", "/reserves?sort=price", "/trades",
      "/inventories",
    ] {
      try await eventually("\(path) lists something") {
        try await http.get(path)["page"]["totalElements"].integer ?? 0 > 0
      }
    }
    let stream = try await EventStream("\(http.base)/notices/stream?userid=me")
    #expect(stream.status == 200)
    #expect(try await http.call(.PUT, "\(waiting)/reservecancel").status == 200)
    #expect(try await http.get("/products/1?userid=me")["yours"] == .array([]))
    let notice = try await http.get("/notices?userid=me")["_embedded"]["notices"][0]["id"].text ?? ""
    for path in ["/", "/notices/\(notice)", "/trades/1", "/inventories/1", "/actuator/health", "/metrics"] {
      #expect(try await http.call(.GET, path).status == 200, "\(path)")
    }
  }

  /// What people write by hand, what is wrong with it, and what happens to the streams themselves.
  private static func inlets(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    let (http, inlet) = (system.http, try system.connect("inlet"))
    func enter(_ stream: String, id: String = "*", _ fields: [String]) throws {
      try inlet.call(RESPWords(["XADD", "\(stream).commands", id] + fields))
    }
    let goods = ["productname", "자전거", "qty", "1"]
    let deal = goods + ["reserveDt", "2024-04-04", "address", "서울", "price", "1"]
    func all(_ product: Int, ahead: Bool = false) throws {
      let id = ahead ? "\(Int(Date.now.timeIntervalSince1970 * 1000) + 10 * 86_400_000)-0" : "*"
      let product = "\(product)"
      try enter("reservation", id: id, ["type", "Reserve", "productid", product, "userid", "김민지"] + deal)
      try enter("stock", id: id, ["type", "RegisterStock", "id", product, "productid", product] + goods)
      try enter(
        "trade", id: id,
        ["type", "ListTrade", "id", product, "productid", product, "userid", "이준호", "price", "1"] + goods)
    }
    // A notice from long ago, which is removed when the next one comes.
    // An old one, and the time to live of notices that nobody has looked at for long.
    try admin.call("HSET", Key.notices(of: "김민지"), "0-1-0-b", "")
    try admin.call("PEXPIRE", Key.notices(of: "김민지"), "86400000")
    try all(10)
    try await status(http, "/inventories/10", "재고확보")
    // Without ids, from a counter that another Redis had, with a name to send them again by, and twice.
    for _ in 0..<2 {
      for entity in ["reserve", "trade", "inventory"] {
        try admin.call("SET", "ids:{\(entity)}:server", "other")
      }
      let own = ["productid", "12", "commandid", "again"]
      try enter("reservation", ["type", "Reserve", "userid", "김민지"] + own + deal)
      try enter("stock", ["type", "RegisterStock"] + own + goods)
      try enter("trade", ["type", "ListTrade", "userid", "이준호", "price", "1"] + own + goods)
    }
    // Under an id that another command of the same product has, too.
    for name in ["first", "second"] {
      for id in ["12", "15"] {
        let own = ["productid", "15", "id", id, "commandid", "\(name)-\(id)"]
        try enter("reservation", ["type", "Reserve", "userid", "김민지"] + own + deal)
        try enter("stock", ["type", "RegisterStock"] + own + goods)
        try enter("trade", ["type", "ListTrade", "userid", "이준호", "price", "1"] + own + goods)
      }
    }
    // By nothing but an id.
    try enter("trade", ["type", "Handover", "id", "10"])
    try enter("stock", ["type", "AdjustStock", "id", "12", "qty", "7"])
    try enter("reservation", ["type", "CancelReserve", "id", "12"])
    try await eventually("the inlets are read") {
      try ["reservation", "trade", "stock"].allSatisfy { stream in
        try admin.call("XINFO", "GROUPS", "\(stream).commands")[0]?.value("lag")?.integer == 0
      }
    }
    // A former listing is removed from the lists.
    try await status(http, "/trades/10", "거래완료")
    let again = #"{"id":99,"productid":10,"productname":"자전거","qty":1,"userid":"abc","price":1}"#
    #expect(try await http.post("/trades", again).status == 201)
    #expect(try await http.call(.DELETE, "/trades/10").status == 204)
    // Nonsense, and what is too large.
    let large = String(repeating: "x", count: 3 << 20)
    for stream in ["reservation", "trade", "stock"] {
      let before = try admin.call("XLEN", "{\(stream).commands}:deadletters").integer ?? 0
      try enter(stream, ["type", "Nonsense"])
      try enter(stream, ["type", "Nonsense", "large", large])
      try await eventually("both are put aside") {
        try admin.call("XLEN", "{\(stream).commands}:deadletters").integer == before + 2
      }
      // The same in a shard, where only a service can write.
      try admin.call("XADD", "{0}:\(stream).commands", "*", "remark", "no type")
    }
    try await eventually("they are put aside") {
      try admin.call("XLEN", "{0}:deadletters").integer == 3
    }
    try admin.call("XADD", "{0}:events", "*", "type", "StockHeld", "nothing", "else")
    try await eventually("the event is put aside") {
      try admin.call("XLEN", "{0}:deadletters").integer ?? 0 > 3
    }
    // An inlet that is deleted begins again, and ids far ahead of the clock go back.
    try admin.call("DEL", "reservation.commands", "trade.commands", "stock.commands")
    try all(13)
    try await status(http, "/inventories/13", "재고확보")
    try all(14, ahead: true)
    try await status(http, "/inventories/14", "재고확보")
    try await eventually("the ids are of today") {
      try all(Int.random(in: 1000...100_000))
      return try ["reservation", "trade", "stock"].allSatisfy { stream in
        let last = try admin.call("XINFO", "STREAM", "\(stream).commands").value("last-generated-id")?.string
        let milliseconds = (last?.prefix { $0 != "-" }).flatMap { Double($0) } ?? .infinity
        return milliseconds / 1000 < Date.now.timeIntervalSince1970 + 86_400
      }
    }
  }

  /// A deal that leaves for the archive with its listing and its stock, as if its time had come.
  private static func departure(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    // From then on the lanes look at what has ended. On a busy machine, the rest of the walk can be over before.
    try await eventually("the second format is written") {
      try admin.call("HGET", Key.format, "writes").integer == DataFormat.current
    }
    let (http, product) = (system.http, 99)
    let shard = Shard.of(productid: product, among: 8)
    let goods = #""productid":\#(product),"productname":"책","qty":1"#
    let trade = try #require(
      try await http.post("/trades", #"{\#(goods),"userid":"abc","price":1}"#).json["id"].integer)
    let stock = try #require(try await http.post("/inventories", "{\(goods)}").json["id"].integer)
    let path = try await reserve(http, product, "me")
    let reservation = try #require(Int(path.dropFirst(10)))
    try await status(http, path, "거래진행중")
    #expect(try await http.post("/trades/\(trade)/handover", #"{"reserveid":\#(reservation)}"#).status == 200)
    try await status(http, path, "거래완료")
    try await status(http, "/inventories/\(stock)", "재고감소")
    for (worker, key, id) in [
      (DecidingWorker.reservation, Key.reservation(reservation, in: shard), reservation),
      (.trade, Key.trade(trade, in: shard), trade),
    ] {
      let text = try admin.call("HGET", key, "endedAt").string
      let endedAt = try #require(text.flatMap { Moment($0) })
      try admin.call(
        "XADD", Key.commands(worker, in: shard), "*", "type", "TimeCame", "timer",
        Timer(.ended, of: id, product, at: endedAt).member)
    }
    for path in [path, "/trades/\(trade)", "/inventories/\(stock)"] {
      try await eventually("\(path) has left") { try await http.call(.GET, path).status == 410 }
    }
    try await eventually("the directory is small") {
      try admin.call("EXISTS", Key.directory(.reserve, id: reservation)).integer == 0
    }
  }

  /// Commits that fail in the middle, and are finished once the cause is mended.
  private static func repairs(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    let http = system.http
    for (index, (worker, name)) in [
      ("reservation", "reserves"), ("trade", "trades"), ("stock", "inventories"), ("notification", "notices"),
      ("mypage", "mypage:0"),
    ].enumerated() {
      let product = 20 + index
      let shard = Shard.of(productid: product, among: 8)
      try await offer(http, product)
      // Ids whose rows are in one hash.
      func deal(_ id: Int) -> String {
        """
        {"id":\(id),"productid":\(product),"userid":"me","productname":"책","qty":1,"price":1,\
        "reserveDt":"2024-04-04","address":"서울"}
        """
      }
      #expect(try await http.post("/reserves", deal(600 + index)).status == 201)
      try await status(http, "/reserves/\(600 + index)", "거래진행중")
      try await eventually("my page has it") { try admin.call("EXISTS", shard.key(name)).integer == 1 }
      try admin.call("RENAME", shard.key(name), shard.key("kept"))
      try admin.call("SET", shard.key(name), "of the wrong type")
      async let answers = [
        http.post("/reserves", deal(700 + index)),
        http.post("/trades", #"{"productid":\#(product),"userid":"a","productname":"책","qty":1,"price":1}"#),
        http.call(.PATCH, "/inventories/\(product)", #"{"qty":5}"#),
      ]
      let others = (10_000 * (index + 1)..<10_000 * (index + 2))
        .filter { Shard.of(productid: $0, among: 8) == shard }
      var (pokes, last) = (0, ContinuousClock.now)
      // It says so in Redis once it has to stand still for some time.
      let halt = LaneName(worker: worker, tag: shard.tag).halt
      try await eventually("the lane of \(worker) stands still") {
        if try admin.call("HEXISTS", halt, "remedy").integer == 1 { return true }
        if .now - last > .seconds(1) {
          // On a busy machine, what was sent can have been decided before the key was broken.
          (pokes, last) = (pokes + 1, .now)
          let soon: HTTPHeaders = ["Prefer": "respond-async"]
          _ = try await http.call(
            .POST, "/reserves", deal(700 + 10 * pokes + index), headers: soon)
          _ = try await http.call(
            .PATCH, "/inventories/\(product)", #"{"qty":\#(5 + pokes)}"#, headers: soon)
          let other = #"{"productid":\#(others[pokes]),"userid":"a","productname":"책","qty":1,"price":1}"#
          for path in ["/trades", "/inventories"] {
            _ = try await http.call(.POST, path, other, headers: soon)
          }
        }
        return false
      }
      try admin.call("RENAME", shard.key("kept"), shard.key(name))
      _ = try await answers
      let next = try await reserve(http, product, "you")
      try await status(http, next, "예약대기")
    }
  }

  /// A Redis without memory takes nothing in, and what was taken in is finished.
  private static func shortage(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    let shard = Shard.of(productid: 1, among: 8)
    try admin.call("CONFIG", "SET", "maxmemory", "1")
    // As if it had been taken in before.
    let script = "#!lua flags=allow-oom\nreturn redis.call('XADD',KEYS[1],'*',unpack(ARGV))"
    try admin.call(
      RESPWords([
        "EVAL", script, "1", Key.commands(.reservation, in: shard), "type", "Reserve", "id", "500",
        "productid",
        "1", "userid", "latecomer", "productname", "책", "qty", "1", "reserveDt", "2024-04-04", "address",
        "서울",
        "price", "1",
      ]))
    try await eventually("the buyer is told, and has a page") {
      try admin.call("EXISTS", Key.notices(of: "latecomer"), "mypage:{latecomer}").integer == 2
    }
    try admin.call("CONFIG", "SET", "maxmemory", "0")
  }

  /// Lanes change hands: to a replica that joins, from one that stops, from one that dies.
  private static func replicas(_ system: GuardedSystem, _ admin: RedisConnection) async throws {
    func count(_ count: Int) async throws {
      try await eventually("\(count) replicas of every worker live") {
        try Deployment.workers.allSatisfy { try admin.call("ZCARD", "replicas:{\($0)}").integer == count }
      }
    }
    for worker in Deployment.workers { try system.start(worker) }
    try await count(2)
    for worker in Deployment.workers { #expect(try #require(system.release(worker)).terminate() != nil) }
    try await count(1)
    for worker in Deployment.workers {
      try system.start(worker)
      try #require(system.release(worker)).kill()
    }
    try await count(1)
    try await offer(system.http, 30)
    let last = try await reserve(system.http, 30, "me")
    try await status(system.http, last, "거래진행중")
    // A row that its worker does not remember.
    #expect(try await system.http.post("/trades/20/handover").status == 200)
    try await eventually("the row says it") {
      let rows = try await system.http.get("/mypages/me?size=100")["_embedded"]["mypages"].elements
      return rows.contains { $0["productid"].text == "20" && $0["tradeStatus"].text == "거래완료" }
        || rows.contains { $0["productid"].integer == 20 && $0["tradeStatus"].text == "거래완료" }
    }
    // Streams are trimmed every few seconds, and what holds an idempotency key has passed by then.
    try await Task.sleep(for: .seconds(6))
    let other =
      #"{"productid":1,"userid":"other","productname":"책","qty":1,"price":1,"reserveDt":"2024-04-04","address":"서울"}"#
    #expect(try await system.http.post("/reserves", other, headers: ["Idempotency-Key": "one"]).status == 422)
  }
}

extension Result where Failure == any Error {
  /// What work leads to.
  fileprivate init(catching work: () async throws -> Success) async {
    do { self = .success(try await work()) } catch { self = .failure(error) }
  }
}
