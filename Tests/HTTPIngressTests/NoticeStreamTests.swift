import Foundation
import Keys
import Lanes
import Logging
import Market
import NIOHTTP1
import Redis
import Synchronization
import Testbed
import Testing

@testable import HTTPIngress
@testable import Identity

/// The live notices, against a real Redis to which notices are written as the notification worker does.
@Suite struct NoticeStreamTests {
  private static let user = "홍길동"

  /// What the notification worker writes for an event: the notice first, then the status.
  private static func announce(
    _ milliseconds: Int, in shard: Int = 0, to userid: String = user, as role: DealRole = .buyer,
    message: String = "‘자전거’"
  ) -> (id: NoticeID, commands: Commands) {
    let position = EntryID(milliseconds: UInt64(milliseconds), sequence: 0)
    let id = NoticeID(of: position, in: Shard(shard), to: userid, as: role)
    let notice: Fields = [
      "productid": "7", "productname": "자전거", "status": "예약완료", "message": message, "reserveid": "9",
    ]
    var commands = Commands("HSET", Key.notices(of: userid), id.own, notice.packed)
    commands.add(
      "XADD", Key.status(of: Shard(shard)), "*", "type", "StatusUpdated", "event", "ReserveCompleted",
      "position", "\(position)", "status", "예약완료", "productid", "7", "reserveid", "9",
      role == .buyer ? "userid" : "seller", userid)
    return (id, commands)
  }

  /// Now, and a moment later with each call, in milliseconds.
  private static let clock = Mutex(0)
  private static func tick() -> Int {
    clock.withLock { last in
      last = max(last + 1, Int(Date().timeIntervalSince1970 * 1000))
      return last
    }
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  private static func open(
    _ stage: TestIngress, _ userid: String = user, since last: String? = nil, _ headers: HTTPHeaders = [:]
  ) async throws -> EventStream {
    var headers = headers
    if let last { headers.add(name: "Last-Event-ID", value: last) }
    return try await EventStream(
      "\(stage.base)/notices/stream?userid=\(escaped(userid))", headers: headers)
  }

  /// Writes a notice and waits for it.
  @discardableResult
  private static func tell(
    _ stage: TestIngress, _ stream: EventStream, in shard: Int = 0
  ) async throws -> NoticeID {
    let (id, commands) = announce(tick(), in: shard)
    try stage.redis(commands)
    try await eventually("the stream has \(id)") { stream.ids.contains("\(id)") }
    return id
  }

  @Test func `users get their own notices at once, as they read them`() async throws {
    try await TestIngress.run { stage in
      let (mine, yours) = (try await Self.open(stage), try await Self.open(stage, "o'{neil}"))
      #expect(mine.status == 200 && yours.status == 200)
      #expect(mine.headers.first(name: "Content-Type") == "text/event-stream; charset=utf-8")
      #expect(mine.headers.first(name: "Cache-Control") == "no-cache, no-transform")
      #expect(mine.headers.first(name: "X-Accel-Buffering") == "no")
      var sent: [[String]] = [[], []]
      for round in 0..<20 {
        for (place, user) in [Self.user, "o'{neil}"].enumerated() {
          let (id, commands) = Self.announce(
            Self.tick(), in: round % 2, to: user, as: round % 3 == 0 ? .seller : .buyer)
          try stage.redis(commands)
          sent[place].append("\(id)")
        }
        // What nobody can read stops nothing.
        var junk = Commands("XADD", Key.status(of: Shard(round % 2)), "*", "userid", Self.user)
        junk.add("XADD", Key.status(of: Shard(0)), "*", "position", "x", "userid", Self.user, "odd", "1")
        junk.add("XADD", Key.status(of: Shard(1)), "*", "position", "\(Self.tick())-0", "userid", "\u{1F}")
        try stage.redis(junk)
      }
      for (stream, ids) in zip([mine, yours], sent) {
        try await eventually("all of them came") { stream.ids.count >= ids.count }
        #expect(stream.ids == ids)
        #expect(stream.resets == 0)
        #expect(stream.all.first?.retry.map { (2000...4000).contains($0) } == true)
        for event in stream.events {
          let path = "/notices/\(Self.escaped(try #require(event.id)))"
          #expect(try await stage.call("GET", path).json == event.json)
        }
      }
    }
  }

  @Test func `a client that reads its list after the stream began misses nothing`() async throws {
    try await TestIngress.run { stage in
      let isDone = Atomic(false)
      async let writing: [String] = onThread {
        var ids: [String] = []
        let redis = try stage.server.connect()
        // No more than a queue holds: a client that a busy machine keeps from reading would lose its stream.
        while !isDone.load(ordering: .relaxed), ids.count < NoticeQueue.limit {
          let (id, commands) = Self.announce(Self.tick(), in: ids.count % 2)
          for reply in try redis.exchange(commands) { try reply.get() }
          ids.append("\(id)")
          usleep(5000)
        }
        return ids
      }
      defer { isDone.store(true, ordering: .relaxed) }
      var streams: [(EventStream, listed: Set<String>)] = []
      for _ in 0..<5 {
        let stream = try await Self.open(stage)
        let list = try await stage.call("GET", "/notices?userid=\(Self.escaped(Self.user))&size=1000").json
        streams.append((stream, Set(list["_embedded"]["notices"].elements.compactMap { $0["id"].text })))
        try await Task.sleep(for: .milliseconds(20))
      }
      isDone.store(true, ordering: .relaxed)
      let sent = try await writing
      for (stream, listed) in streams {
        try await eventually("nothing is missing") {
          Set(sent).subtracting(listed).subtracting(stream.ids).isEmpty
        }
        #expect(stream.resets == 0)
      }
    }
  }

  @Test func `a user has at most five streams, and a closed one makes room`() async throws {
    try await TestIngress.run { stage in
      var streams: [EventStream] = []
      for _ in 1...5 { streams.append(try await Self.open(stage)) }
      #expect(streams.allSatisfy { $0.status == 200 })
      for (language, word) in [("ko", "알림을"), ("en", "open already")] {
        let path = "/notices/stream?userid=\(Self.escaped(Self.user))"
        let refused = try await stage.call("GET", path, nil, ["Accept-Language": language])
        #expect(refused.status == 429 && refused.json["code"].text == "tooManyStreams")
        #expect(refused.json["message"].text?.contains(word) == true)
      }
      #expect(try await Self.open(stage, "other").status == 200)
      streams.removeLast()
      try await eventually("there is room again") { try await Self.open(stage).status == 200 }
      try await Self.tell(stage, streams[0])
    }
  }

  @Test func `an ingress keeps connections for everything else`() async throws {
    try await TestIngress.run(setUp: { $0.limits.connections = 8 }) { stage in
      var streams: [EventStream] = []
      for number in 1...6 { streams.append(try await Self.open(stage, "user \(number)")) }
      #expect(streams.allSatisfy { $0.status == 200 })
      let refused = try await stage.call("GET", "/notices/stream?userid=a")
      #expect(refused.status == 503 && refused.json["code"].text == "tooManyConnections")
      #expect(refused.headers["retry-after"] != nil)
    }
  }

  @Test func `HEAD opens no stream, and a stream needs a user`() async throws {
    try await TestIngress.run(setUp: { $0.limits.streamsPerUser = 1 }) { stage in
      let path = "/notices/stream?userid=\(Self.escaped(Self.user))"
      for _ in 1...3 {
        let head = try await stage.call("HEAD", path)
        #expect(head.status == 200)
        #expect(head.headers["content-type"] == "text/event-stream; charset=utf-8")
      }
      #expect(try await Self.open(stage).status == 200)
      for query in ["", "?userid="] {
        let nobody = try await stage.call("GET", "/notices/stream\(query)")
        #expect(nobody.status == 422 && nobody.json["field"].text == "userid")
      }
    }
  }

  @Test func `while no stream is open, Redis is asked nothing`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      func readers() throws -> Int {
        let clients = try redis.call("CLIENT", "LIST").string ?? ""
        return clients.split(separator: "\n").count { $0.contains("cmd=xread") }
      }
      // Two of the fake lane and the one for replies.
      try await eventually("the others read") { try readers() == 3 }
      let before = try readers()
      for _ in 1...2 {
        let stream = try await Self.open(stage)
        try await Self.tell(stage, stream)
        #expect(try readers() == before + 1)
        stream.close()
        try await eventually("the reader has ended") { try readers() == before }
      }
    }
  }

  // MARK: Coming back

  @Test func `a client that comes back gets what it missed, and what it may have missed`() async throws {
    try await TestIngress.run { stage in
      let start = Self.tick() - 60_000
      // One long before, so that the streams reach back; one of a lane that is behind; and one of each shard after.
      let old = [0, 1].map { Self.announce(start, in: $0, as: .seller) }
      let seen = Self.announce(start + 40_000, in: 0)
      let missed = [
        Self.announce(start + 41_000, in: 0), Self.announce(start + 42_000, in: 1),
        Self.announce(start + 1000, in: 1, as: .seller),
      ]
      let redis = try stage.server.connect()
      for (number, notice) in (old + [seen] + missed).enumerated() {
        let time = number < 2 ? start : number == 2 ? start + 40_000 : start + 50_000 + number
        for words in notice.commands.separate {
          // As if it had been written then.
          let named = words.count == 4 ? words : Self.dated(notice.id, at: time)
          try redis.call(named)
        }
      }
      let expected = [missed[2].id, seen.id, missed[0].id, missed[1].id].map { "\($0)" }
      for header in ["\(seen.id)", Self.escaped("\(seen.id)")] {
        let stream = try await Self.open(stage, since: header)
        try await eventually("it was told what it missed") { stream.ids.count >= expected.count }
        #expect(stream.ids == expected)
        let next = try await Self.tell(stage, stream)
        #expect(stream.ids == expected + ["\(next)"] && stream.resets == 0)
        try redis.call("HDEL", Key.notices(of: Self.user), next.own)
      }
    }
  }

  /// The status of a notice, as an entry of that time.
  private static func dated(_ id: NoticeID, at milliseconds: Int) -> RESPWords {
    RESPWords([
      "XADD", Key.status(of: id.shard), "\(milliseconds)-0", "type", "StatusUpdated", "position",
      "\(id.position)", id.role == .buyer ? "userid" : "seller", id.userid,
    ])
  }

  @Test func `what cannot be told any more is one reset`() async throws {
    try await TestIngress.run { stage in
      let last = Self.announce(Self.tick())
      let others = Self.announce(Self.tick(), to: "other")
      try stage.redis(last.commands)
      try stage.redis(others.commands)
      let gone = Self.announce(Self.tick()).id
      for header in ["\(gone)", "\(others.id)", "nonsense", "", "%", "0-1-0-b-\(Self.user)"] {
        let stream = try await Self.open(stage, since: header)
        try await Self.tell(stage, stream)
        #expect(stream.resets == 1 && stream.events.first?.name == "reset", "\(header)")
      }
      var many = Commands()
      for _ in 0..<NoticeQueue.limit { many.add(Self.announce(Self.tick()).commands) }
      let observer = try await Self.open(stage, "observer")
      let end = Self.announce(Self.tick(), to: "observer")
      many.add(end.commands)
      try stage.redis(many)
      try await eventually("all of that was read") { observer.ids.contains("\(end.id)") }
      let stream = try await Self.open(stage, since: "\(last.id)")
      try await Self.tell(stage, stream)
      #expect(stream.resets == 1 && stream.ids.count == 1)
    }
  }

  // MARK: Trouble

  @Test func `a client that does not read loses its stream, and nobody else does`() async throws {
    try await TestIngress.run(setUp: {
      $0.limits.streamsPerUser = 2
      $0.limits.answerTimeout = .seconds(1)
    }) { stage in
      let reading = try await Self.open(stage)
      let slow = try RawConnection(port: stage.port, receives: 4096)
      slow.send("GET /notices/stream?userid=\(Self.escaped(Self.user)) HTTP/1.1\r\nHost: a\r\n\r\n")
      // Its last read.
      #expect(try await onThread { slow.read(until: "retry:") }.contains("200 OK"))
      let isDone = Atomic(false)
      let long = String(repeating: "가", count: 8000)
      async let writing: Int = onThread {
        let redis = try stage.server.connect()
        var count = 0
        while !isDone.load(ordering: .relaxed) {
          for reply in try redis.exchange(Self.announce(Self.tick(), message: long).commands) {
            try reply.get()
          }
          count += 1
          usleep(20_000)
        }
        return count
      }
      defer { isDone.store(true, ordering: .relaxed) }
      try await eventually("the slow one is closed") { try await Self.open(stage).status == 200 }
      isDone.store(true, ordering: .relaxed)
      let count = try await writing
      try await eventually("the other has all") { reading.ids.count == count }
      #expect(!reading.isEnded && reading.resets == 0)
      withExtendedLifetime(slow) {}
    }
  }

  @Test func `a broken connection to Redis loses nothing, and lost history is a reset`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      let stream = try await Self.open(stage)
      for shard in 0..<2 { try await Self.tell(stage, stream, in: shard) }
      // It is cut off, and misses some.
      var ids: [String] = []
      for _ in 0..<3 {
        var cut = Commands("MULTI")
        cut.add("CLIENT", "KILL", "TYPE", "normal")
        for shard in 0..<2 {
          let (id, commands) = Self.announce(Self.tick(), in: shard)
          cut.add(commands)
          ids.append("\(id)")
        }
        cut.add("EXEC")
        for reply in try redis.exchange(cut) { try reply.get() }
        try await eventually("it goes on where it was") { Set(ids).isSubset(of: stream.ids) }
      }
      #expect(stream.resets == 0)
      // Now what it missed is trimmed.
      var trim = Commands("MULTI")
      trim.add("CLIENT", "KILL", "TYPE", "normal")
      for _ in 0..<3 { trim.add(Self.announce(Self.tick()).commands) }
      trim.add("XTRIM", Key.status(of: Shard(0)), "MAXLEN", "1")
      trim.add("EXEC")
      for reply in try redis.exchange(trim) { try reply.get() }
      try await eventually("it is told to read its list") { stream.resets == 1 }
      try await Self.tell(stage, stream)
      #expect(stream.resets == 1)
    }
  }

  @Test(arguments: [true, false])
  func `a Redis that restarts loses no stream anything that it kept`(keeps: Bool) async throws {
    let server = try TestRedis(keeps ? ["--appendonly", "yes", "--appendfsync", "always"] : [])
    try await TestIngress.run(on: server) { stage in
      let stream = try await Self.open(stage)
      try await Self.tell(stage, stream)
      server.process.kill()
      let path = "/notices/stream?userid=a"
      try await eventually("the outage is noticed") { try await stage.call("GET", "/trades").status == 503 }
      try await onThread { try server.restart() }
      let (id, commands) = Self.announce(Self.tick())
      try stage.redis(commands)
      if keeps {
        try await eventually("it goes on where it was") { stream.ids.contains("\(id)") }
        #expect(stream.resets == 0)
      } else {
        try await eventually("it is told to read its list") { stream.resets == 1 }
      }
      try await Self.tell(stage, stream)
      #expect(!stream.isEnded)
      try await eventually("others can come") { try await EventStream(stage.base + path).status == 200 }
    }
  }

  @Test func `without Redis no stream is opened`() async throws {
    try await TestIngress.run { stage in
      try stage.server.process.kill()
      try await eventually("it says so") {
        let answer = try await stage.call("GET", "/notices/stream?userid=a")
        return answer.status == 503 && answer.json["code"].text == "unavailable"
      }
      try await onThread { try stage.server.restart() }
      try await eventually("it is opened") { try await Self.open(stage).status == 200 }
    }
  }

  // MARK: Time

  @Test func `a quiet stream is kept alive, and ends with its token`() async throws {
    let issuer = try TestIssuer()
    let identity = TokenVerifier(
      IdentityOptions(keys: .file(issuer.jwksFile), issuer: issuer.name, audience: issuer.audience),
      logger: Logger(label: "test"))
    try await TestIngress.run(setUp: {
      $0.identity = identity
      $0.limits.keepAlive = .milliseconds(50)
    }) { stage in
      func open(lifetime: Double) async throws -> EventStream {
        let token = try issuer.token(Self.user, lifetime: lifetime)
        return try await EventStream(
          stage.base + "/notices/stream", headers: ["Authorization": "Bearer \(token)"])
      }
      try await eventually("tokens can be verified") { try await open(lifetime: 600).status == 200 }
      let lasting = try await open(lifetime: 600)
      // It is good for as long as clocks may differ.
      let short = try await open(lifetime: 2 - Claims.leeway)
      #expect(short.status == 200)
      try await eventually("it has ended") { short.isEnded }
      #expect(short.resets == 0 && !lasting.isEnded)
      #expect(lasting.all.contains { $0.comment == "keep-alive" })
    }
  }

  @Test func `an ingress that stops ends its streams with a reset`() async throws {
    let streams = Mutex<[EventStream]>([])
    let start = try await {
      try await TestIngress.run { stage in
        for number in 1...50 {
          let stream = try await Self.open(stage, "user \(number)")
          streams.withLock { $0.append(stream) }
        }
      }
      return ContinuousClock.now
    }()
    for stream in streams.withLock({ $0 }) {
      try await eventually("it has ended") { stream.isEnded }
      #expect(stream.resets == 1)
    }
    #expect(ContinuousClock.now - start < Patience.prompt)
  }
}
