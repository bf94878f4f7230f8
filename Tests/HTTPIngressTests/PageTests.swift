import Foundation
import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

@testable import HTTPIngress

/// The cost of pages, and the correctness of those that are found by counting.
@Suite struct PageTests {
  @Test(arguments: [1, 2, 8, 200], [false, true])
  func `any page equals the one that sorting all members gives`(sets: Int, isReversed: Bool) async throws {
    let server = try TestRedis()
    var dice = SplitMix64(seed: UInt64(sets) + (isReversed ? 1 : 0))
    let keys = (0..<sets).map { "{\($0)}:set" }
    var scores: Set<Int> = [1, 1 << 53 - 1]
    // Dense as doors make them, with gaps, and as far apart as clients can choose.
    for _ in 1...1500 {
      scores.insert(Int.random(in: 1...2000, using: &dice))
      scores.insert(Int.random(in: 1...(1 << Int.random(in: 12...52, using: &dice)), using: &dice))
    }
    var store = Commands()
    // Half of them are in one set.
    for score in scores {
      let set = Bool.random(using: &dice) ? 0 : Int.random(in: 0..<sets, using: &dice)
      store.add("ZADD", keys[set], String(score), "m\(score)")
    }
    for reply in try server.connect().exchange(store) { try reply.get() }
    let redis = RedisClient(.single(server.url))
    redis.start()
    defer { redis.stop() }
    let sorted = isReversed ? scores.sorted(by: >) : scores.sorted()
    let sorteds = SortedSets(redis: redis, keys: keys)
    let count = sorted.count
    let starts = [0, 1, 99, 100, 101, 120, 500, count / 2, count - 300, count - 121, count - 20, count - 1]
    for start in starts + (1...20).map({ _ in Int.random(in: 0..<count, using: &dice) }) {
      for size in [1, 20, 1000] {
        let (total, members) = try await sorteds.members(start..<start + size, isReversed: isReversed)
        #expect(total == count)
        #expect(members.map(\.score) == Array(sorted[start..<min(start + size, count)]))
        #expect(members.allSatisfy { $0.name == "m\($0.score)" })
      }
    }
    #expect(try await sorteds.members(count..<count + 20, isReversed: isReversed).members.isEmpty)
    #expect(try await sorteds.members(1 << 52..<1 << 52 + 20, isReversed: isReversed).members.isEmpty)
  }

  @Test func `deep pages and refused sorts cost about as much as the first page`() async throws {
    try await TestIngress.run { stage in
      try stage.storeTrades(1...20_000)
      // So that both connections and all occasional traffic are established.
      _ = try await stage.call("GET", "/trades")
      let redis = try stage.server.connect()
      func cost(of path: String) async throws -> (answer: TestIngress.Answer, bytes: Int, commands: Int) {
        let before = (try redis.bytesSent(), try redis.commandsDone())
        let answer = try await stage.call("GET", path)
        return (answer, try redis.bytesSent() - before.0, try redis.commandsDone() - before.1)
      }
      let first = try await cost(of: "/trades")
      for page in ["page=500", "page=999", "page=700&sort=id,desc"] {
        let deep = try await cost(of: "/trades?\(page)")
        #expect(deep.answer.json["_embedded"]["trades"].elements.count == 20)
        #expect(deep.bytes < first.bytes * 4, "\(page)")
        // The rounds of the search.
        #expect(deep.commands < 1000, "\(page): \(deep.commands)")
      }
      let last = try #require(first.answer.json["_links"]["last"]["href"].text)
      let end = try await stage.call("GET", last).json
      #expect(end["_embedded"]["trades"].elements.last?["id"].integer == 20_000)
      #expect(end["_links"].names == ["self", "first", "prev", "last"])
      let prev = try #require(end["_links"]["prev"]["href"].text)
      #expect(try await stage.call("GET", prev).json["_embedded"]["trades"][0]["id"].integer == 19_961)
      let refused = try await cost(of: "/trades?sort=price")
      #expect(refused.answer.status == 400)
      #expect(refused.answer.json["code"].text == "tooManyToSort")
      #expect(refused.bytes < first.bytes)
    }
  }

  @Test
  func `the newest notices of all are bounded, and no page of theirs costs more than the largest first one`()
    async throws
  {
    try await TestIngress.run { stage in
      var store = Commands()
      for shard in 0..<FakeLane.shards {
        for number in 1...1000 {
          let id = NoticeID(
            of: EntryID(milliseconds: UInt64(1000 * number + shard), sequence: 0), in: Shard(shard), to: "a",
            as: .buyer)
          store.add("LPUSH", Key.notices(of: Shard(shard)), "\(id)")
          store.add("HSET", Key.notices(of: "a"), id.own, Fields([("status", "예약완료")]).packed)
        }
      }
      try stage.redis(store)
      _ = try await stage.call("GET", "/notices")
      let redis = try stage.server.connect()
      // The ingress asks for other things meanwhile, now and then: the cheapest of several calls is what it costs.
      func cost(of path: String) async throws -> (page: JSON, bytes: Int) {
        var (page, bytes) = (JSON.null, Int.max)
        for _ in 1...5 {
          let before = try redis.bytesSent()
          page = try await stage.call("GET", path).json
          bytes = min(bytes, try redis.bytesSent() - before)
        }
        return (page, bytes)
      }
      let largest = try await cost(of: "/notices?size=1000")
      #expect(largest.page["page"]["totalElements"].integer == 1000)
      let all = largest.page["_embedded"]["notices"].elements.compactMap {
        $0["id"].text.flatMap { NoticeID($0) }
      }
      #expect(all.count == 1000 && all == all.sorted(by: >))
      for page in [1, 25, 49] {
        let deep = try await cost(of: "/notices?page=\(page)")
        #expect(deep.bytes < largest.bytes)
        let ids = deep.page["_embedded"]["notices"].elements.compactMap {
          $0["id"].text.flatMap { NoticeID($0) }
        }
        #expect(ids == Array(all[page * 20..<(page + 1) * 20]))
      }
      let first = try await cost(of: "/notices")
      for page in [50, 1 << 40] {
        let beyond = try await cost(of: "/notices?page=\(page)")
        #expect(beyond.page["_embedded"]["notices"].elements.isEmpty && beyond.bytes < first.bytes)
      }
      let sorted = try await cost(of: "/notices?sort=id")
      #expect(sorted.page["_embedded"]["notices"].elements.count == 20 && sorted.bytes < largest.bytes * 2)
    }
  }

  @Test
  func
    `a sorted list costs no more than the largest first page, a deep page of a user no more than the first`()
    async throws
  {
    try await TestIngress.run { stage in
      try stage.storeTrades(1...1000)
      var store = Commands()
      for number in 1...1000 {
        let id = NoticeID(
          of: EntryID(milliseconds: UInt64(number), sequence: 0), in: Shard(0), to: "a", as: .buyer)
        store.add("HSET", Key.notices(of: "a"), id.own, Fields([("status", "예약완료")]).packed)
        store.add("ZADD", Key.mypage(of: "a"), "\(number)", "0:\(number):buyer")
      }
      try stage.redis(store)
      _ = try await stage.call("GET", "/trades")
      let redis = try stage.server.connect()
      /// The least of some, because the ingress watches its backlog meanwhile.
      func cost(of path: String) async throws -> (bytes: Int, commands: Int) {
        var least = (bytes: Int.max, commands: Int.max)
        for _ in 1...5 {
          let before = (try redis.bytesSent(), try redis.commandsDone())
          #expect(try await stage.call("GET", path).status == 200)
          least.bytes = min(least.bytes, try redis.bytesSent() - before.0)
          least.commands = min(least.commands, try redis.commandsDone() - before.1)
        }
        return least
      }
      let largest = try await cost(of: "/trades?size=1000")
      for path in ["/trades?sort=price", "/trades?sort=price,desc&page=49"] {
        let sorted = try await cost(of: path)
        #expect(
          sorted.bytes < largest.bytes * 5 / 4 && sorted.commands <= largest.commands * 5 / 4, "\(path)")
      }
      for list in ["/notices?userid=a", "/mypages/a?"] {
        let first = try await cost(of: list)
        for page in [10, 25, 49] {
          let deep = try await cost(of: "\(list)&page=\(page)")
          #expect(
            deep.bytes < first.bytes * 5 / 4 && deep.commands <= first.commands * 5 / 4, "\(list) \(page)")
        }
      }
      try stage.storeTrades(1001...1001)
      let refused = try await stage.call("GET", "/trades?sort=price", nil, ["Accept-Language": "en"])
      #expect(refused.status == 400 && refused.json["message"].text?.contains("page by page") == true)
    }
  }

  @Test func `reads do not wait behind writes`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      try redis.call("CLIENT", "PAUSE", "60000", "WRITE")
      async let written = stage.call("POST", "/trades", TestIngress.reserve(7))
      try await eventually("the write stands in Redis") {
        let clients = try redis.call("CLIENT", "LIST").string ?? ""
        return clients.split(whereSeparator: \.isNewline).contains {
          $0.contains(/flags=x?b/) && $0.contains(/cmd=(incrby|set)/)
        }
      }
      #expect(try await stage.call("GET", "/trades").status == 200)
      try redis.call("CLIENT", "UNPAUSE")
      // On a busy machine, it can have waited for too long by now.
      let status = try await written.status
      #expect(status < 500 || status == 503)
    }
  }

  @Test func `a released share of the page allowance can be taken again`() throws {
    let allowance = PageAllowance(most: 10)
    var shares = [try allowance.take(4), try allowance.take(6)]
    #expect(throws: Problem.self) { try allowance.take(1) }
    shares.removeLast()
    shares.append(try allowance.take(6))
    #expect(throws: Problem.self) { try allowance.take(1) }
  }

  @Test func `unread large pages are limited, and small pages still work`() async throws {
    try await TestIngress.run { stage in
      try stage.storeTrades(1...1000, named: String(repeating: "한", count: 200))
      let port = stage.port
      func lazyReaders() async throws -> [RawConnection] {
        try await onThread {
          try (1...5).map { _ in
            let reader = try RawConnection(port: port, receives: 4096)
            // So many that the answers do not fit the socket buffers.
            for _ in 1...20 { reader.send("GET /trades?size=1000 HTTP/1.1\r\nHost: a\r\n\r\n") }
            return reader
          }
        }
      }
      var readers = try await lazyReaders()
      var opened = ContinuousClock.now
      try await eventually("a large page is refused") {
        // The server closes connections that nobody reads from, so on a slow machine, new ones are needed.
        if opened.duration(to: .now) > .seconds(5) {
          readers += try await lazyReaders()
          opened = .now
        }
        let large = try await stage.call("GET", "/trades?size=1000")
        return large.status == 503 && large.json["code"].text == "tooManyPages"
      }
      #expect(try await stage.call("GET", "/trades").status == 200)
      withExtendedLifetime(readers) {}
    }
  }
}

extension RedisConnection {
  /// Returns how many bytes the server has sent so far.
  fileprivate func bytesSent() throws -> Int { try stat("total_net_output_bytes") }

  /// Returns how many commands the server has carried out so far.
  fileprivate func commandsDone() throws -> Int { try stat("total_commands_processed") }

  private func stat(_ name: String) throws -> Int {
    try call("INFO", "stats").fact(name).flatMap { Int($0) } ?? 0
  }
}
