import Foundation
import Keys
import Lanes
import Logging
import Market
import Redis
import Testbed
import Testing
import Workers

@testable import Operations

/// A person is exported, and forgotten.
@Suite struct PersonTests {
  private static func bench(shards: Int = 2) throws -> Bench {
    let bench = try Bench(shards: shards, policy: .timeless)
    try bench.connection.call("HSET", Key.format, "writes", "2")
    return bench
  }

  private static func forget(
    _ userid: String, _ bench: Bench, _ folder: ArchiveFolder? = nil
  ) throws -> Forgetting.Report {
    try Forgetting(userid, on: bench.connection, archive: folder).run(waiting: Patience.limit)
  }

  private static func export(_ userid: String, _ bench: Bench, _ folder: ArchiveFolder? = nil) throws -> JSON
  {
    var text = ""
    try PersonExport(of: userid, on: bench.connection, archive: folder).run { text += $0 }
    return try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }

  /// Everything in Redis except streams and what expires, as one text.
  private static func stored(_ bench: Bench) throws -> String {
    var text = ""
    for key in try bench.connection.call("KEYS", "*").compactMap(\.string).sorted() {
      if key.contains("operation:") || key.contains("handover:operators") { continue }
      let value: Reply? =
        switch try bench.connection.call("TYPE", key).string {
        case "hash": try bench.connection.call("HGETALL", key)
        case "zset": try bench.connection.call("ZRANGE", key, "0", "-1")
        case "list": try bench.connection.call("LRANGE", key, "0", "-1")
        case "string": try bench.connection.call("GET", key)
        default: nil
        }
      if let value {
        text += "\(key) \(value.string ?? "") \(value.compactMap(\.string).joined(separator: " "))\n"
      }
    }
    return text
  }

  @Test func `buyer and seller are forgotten, and audits and rebuilds agree`() throws {
    let bench = try Self.bench()
    try bench.settle([.list(9, of: 7, qty: 2), .register(7, qty: 2), .reserve(1, of: 7), .reserve(2, of: 7)])
    try bench.connection.call("XADD", "stock.commands", "*", "type", "Nonsense", "userid", "buyer1")
    try insist("it is put aside") {
      guard try bench.connection.call("XLEN", "{stock.commands}:deadletters").integer == 1 else {
        throw NeverHappened(description: "no dead letter")
      }
    }
    let exported = try Self.export("buyer1", bench)
    #expect(exported["things"].elements.contains { $0["from"].text?.hasPrefix("stock.commands ") == true })
    let kinds = Set(exported["things"].elements.compactMap { $0["kind"].text })
    #expect(kinds == ["reserve", "my page", "notice", "event", "status", "command", "dead letter"])
    #expect(exported["things"].elements.contains { $0["fields"]["address"].text?.isEmpty == false })

    let running = #expect(throws: Forgetting.Refusal.self) { try Self.forget("buyer1", bench) }
    #expect(running?.description.contains("reservation 1 is 거래진행중: cancel it") == true)
    let open = #expect(throws: Forgetting.Refusal.self) { try Self.forget("seller7", bench) }
    #expect(open?.description.contains("trade 9 is open: end it (DELETE /trades/9)") == true)
    #expect(throws: Forgetting.Refusal.self) { try Self.forget(Forgotten.user, bench) }

    for id in [1, 2] {
      try bench.settle([["type": "Handover", "id": "9", "productid": "7", "reserveid": "\(id)"]])
    }
    #expect(try bench.audit().said == [])
    let report = try Self.forget("buyer1", bench)
    #expect(report.left == [] && report.items == 1 && report.notices > 0)
    #expect(try Self.stored(bench).contains("buyer1") == false)
    #expect(try Self.stored(bench).contains("buyer2"))
    #expect(try bench.audit().said == [])
    let reservation = try bench.connection.call("HGETALL", Key.reservation(1, in: bench.shard(of: 7))).pairs
    #expect(reservation["userid"] == Forgotten.user && reservation["address"] ?? "" == "")
    #expect(try Self.forget("buyer1", bench).isNothing)
    // The journals can name the person.
    try bench.connection.forgetDigests()
    #expect(try bench.connection.call("HLEN", Key.forgotten).integer == 1)
    try bench.connection.call("HSET", Key.forgotten, "long ago", "5")
    try bench.connection.forgetDigests()
    #expect(try bench.connection.call("HLEN", Key.forgotten).integer == 1)

    let sold = try Self.forget("seller7", bench)
    #expect(sold.left == [] && sold.items >= 3)
    #expect(try Self.stored(bench).contains("seller7") == false)
    #expect(try bench.audit().said == [])
    // The stock is nobody's: only an operator can still change it.
    let stock = try bench.connection.call("HGETALL", "\(bench.shard(of: 7).tag):stock:7").pairs
    #expect(stock["seller"] == Forgotten.user)
    bench.stop()

    // A rebuild brings nobody back.
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let shards = [Shard(0), Shard(1)]
    for key in try bench.connection.call("KEYS", "*mypage:*").compactMap(\.string) {
      if !key.hasSuffix("}") { try bench.connection.call("DEL", key) }
    }
    try ReadModels.rebuild(shards, on: .single(bench.redis.url), logger: quiet)
    try bench.connection.forgetAgain()
    for name in ["buyer1", "seller7"] { #expect(try Self.stored(bench).contains(name) == false, "\(name)") }
    #expect(try bench.audit().said == [])
  }

  @Test func `who is forgotten is forgotten in the archive too`() throws {
    let (bench, folder) = (try Bench.left(), ArchiveFilesTests.Folder())
    let redis = bench.connection
    try redis.call("HSET", Key.format, "writes", "2")
    #expect(
      try Self.export("buyer1", bench)["things"].elements.contains { $0["kind"].text == "archived reserve" })
    _ = try Archiver(redis, to: folder.archive).run()
    #expect(
      try Self.export("buyer1", bench, folder.archive)["things"].elements.contains {
        $0["from"].text?.hasSuffix("/0.ndjson") == true
      })
    #expect(try Self.forget("buyer1", bench, folder.archive).records == 1)
    #expect(try folder.lines().joined().contains("buyer1") == false)
    #expect(try folder.records().count == 3)
    #expect(try Self.forget("buyer1", bench, folder.archive).isNothing)
    #expect(try bench.audit().said == [])
  }

  @Test func `people are forgotten while others deal`() throws {
    let bench = try Self.bench()
    bench.start()
    var wishes = Wishes(seed: 15, products: 6)
    var (next, forgotten) = (1, 0)
    for _ in 0..<40 {
      // Everybody reserves once.
      try bench.send(
        (0..<15).map { _ in
          let wish = wishes.next()
          guard wish["type"] == "Reserve" else { return wish }
          return Fields(wish.map { ($0.name, $0.name == "userid" ? "person\(wish["id"] ?? "")" : $0.value) })
        })
      for _ in 0..<3 {
        do {
          let report = try Self.forget("person\(next)", bench)
          #expect(report.left == [])
          if !report.isNothing { forgotten += 1 }
        } catch is Forgetting.Refusal {}
        next = next % 30 + 1
      }
    }
    #expect(forgotten > 3)
    #expect(try bench.audit().said == [])
  }

  @Test func `a person goes with their dead letters, and not before the format allows it`() throws {
    let bench = try Bench(shards: 1, policy: .timeless)
    let early = #expect(throws: Forgetting.Refusal.self) { try Self.forget("buyer1", bench) }
    #expect(early?.description.contains("format 1") == true)
    try bench.connection.call("HSET", Key.format, "writes", "2")
    try bench.settle([.reserve(1, of: 7)])
    try bench.settle([["type": "CancelReserve", "id": "1", "productid": "7"]])
    try bench.connection.call("XADD", "{0}:reservation.commands", "*", "type", "Reserve", "userid", "buyer1")
    try insist("it is put aside") {
      guard try bench.connection.call("XLEN", "{0}:deadletters").integer == 1 else {
        throw NeverHappened(description: "no dead letter")
      }
    }
    let report = try Self.forget("buyer1", bench)
    #expect(report.letters == 1 && report.left == [])
    #expect(try bench.connection.call("XLEN", "{0}:deadletters").integer == 0)
    #expect(try bench.audit().said == [])
    let log = try OperatorLog.last(10, on: bench.connection)
    #expect(log.contains { $0.action == "forget" && !$0.subject.contains("buyer1") })
  }
}
