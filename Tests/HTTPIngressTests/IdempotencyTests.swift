import Keys
import Lanes
import Market
import Redis
import Testbed
import Testing

/// A key belongs to one request, and never to anybody else's command.
@Suite struct IdempotencyTests {
  private static let silent = TestIngress.reserve(7, "silent")

  /// Removes the mark of a running copy, as if it had expired.
  private func forget(_ key: String, _ redis: RedisConnection) throws {
    try redis.call("DEL", Key.request(key) + ":running")
  }

  @Test func `a copy gets the same item id while the command is undecided`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let redis = try stage.server.connect()
      let key = ["Idempotency-Key": "A"]
      let first = try await stage.call("POST", "/reserves", Self.silent, key)
      #expect(first.status == 202 && first.headers["location"] == "/operations/key:A")
      for _ in 1...3 {
        try forget("A", redis)
        let copy = try await stage.call("POST", "/reserves", Self.silent, key)
        #expect(copy.status == 202 && copy.json["id"].integer == first.json["id"].integer)
      }
      #expect(try redis.call("KEYS", "id:{reserve:*").count == 1, "an id that nothing will ever have")
      try forget("A", redis)
      #expect(try await stage.call("POST", "/reserves", TestIngress.reserve(8, "silent"), key).status == 422)
    }
  }

  @Test func `copies agree on an item id that nobody else has taken`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let redis = try stage.server.connect()
      // The first ids were chosen by a client.
      for id in 1...3 { try redis.call("SET", Key.directory(.reserve, id: id), "9 somebody") }
      let key = ["Idempotency-Key": "A"]
      let first = try await stage.call("POST", "/reserves", Self.silent, key)
      #expect(first.status == 202 && first.json["id"].integer ?? 0 > 3)
      try forget("A", redis)
      let copy = try await stage.call("POST", "/reserves", Self.silent, key)
      #expect(copy.json["id"].integer == first.json["id"].integer)
      #expect(try redis.call("KEYS", "id:{reserve:*").count == 4)
    }
  }

  @Test func `the operation record of a 202 answer does not expire while it is running`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let redis = try stage.server.connect()
      for headers in [[:], ["Idempotency-Key": "A"], ["Prefer": "respond-async"]] as [[String: String]] {
        let made = try await stage.call("POST", "/reserves", Self.silent, headers)
        let location = try #require(made.headers["location"])
        #expect(made.status == 202)
        #expect(try await stage.call("GET", location).json["status"].text == "running")
        let commandid = try #require(made.json["commandid"].text)
        let record = Key.operation(commandid, in: .of(productid: 7, among: FakeLane.shards))
        #expect(try redis.call("PTTL", record).integer == -1)
        // All state is in Redis, so any ingress can answer.
        try redis.call("DEL", record)
        #expect(try await stage.call("GET", location).status == 404)
      }
    }
  }

  /// An inlet's entry has the command id that a client chose as its key.
  @Test func `an idempotency key never gets the outcome of another door's command`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      let shard = Shard.of(productid: 7, among: FakeLane.shards)
      let mallorys = "accepted\tReserveCompleted\tid\t66\tproductid\t7\tuserid\tmallory"
      for commandid in ["order-1", "reservation.commands:order-1", "operator:order-1"] {
        try redis.call("SET", Key.operation(commandid, in: shard), mallorys)
      }
      for _ in 1...2 {
        let made = try await stage.call(
          "POST", "/reserves", TestIngress.reserve(7), ["Idempotency-Key": "order-1"])
        #expect(made.status == 201 && made.json["userid"].text == "홍길동")
      }
      #expect(stage.lane.count == 1)
    }
  }

  @Test func `an answer that comes from the record of an earlier one says so`() async throws {
    try await TestIngress.run { stage in
      try stage.redis(Commands("SET", Key.directory(.reserve, id: 1), "7"))
      let item: Fields = ["id": "1", "productid": "7", "userid": "홍길동", "address": "서울"]
      var store = Commands()
      store.add(storing: item, as: .reserve, in: .of(productid: 7, among: FakeLane.shards))
      try stage.redis(store)
      let calls = [
        ("POST", "/reserves", TestIngress.reserve(7), 201),
        ("POST", "/reserves", TestIngress.reserve(7, "sold"), 409),
        ("PATCH", "/reserves/1", #"{"address":"부산"}"#, 200), ("DELETE", "/reserves/1", nil, 204),
      ]
      for (number, (method, path, body, status)) in calls.enumerated() {
        var marks: [String?] = []
        for _ in 1...3 {
          let answer = try await stage.call(method, path, body, ["Idempotency-Key": "key-\(number)"])
          #expect(answer.status == status, "\(method) \(path)")
          marks.append(answer.headers["idempotency-replayed"])
        }
        #expect(marks == [nil, "true", "true"], "\(method) \(path)")
      }
      let unnamed = try await stage.call("POST", "/reserves", TestIngress.reserve(7))
      #expect(unnamed.headers["idempotency-replayed"] == nil)
    }
  }

  /// A request that was admitted before an update must not be carried out again after it.
  @Test func `a request that an older release admitted is not carried out again`() async throws {
    try await TestIngress.run { stage in
      let redis = try stage.server.connect()
      let shard = Shard.of(productid: 7, among: FakeLane.shards)
      let request =
        "POST /reserves\ttype\tReserve\tproductid\t7\tuserid\t홍길동\tproductname\t자전거\tqty\t2"
        + "\treserveDt\t2024-04-04\taddress\t서울 \"강남\"\tprice\t15000"
      try redis.call("SET", Key.request("A"), request)
      let outcome = "accepted\tReserveCompleted\tid\t66\tproductid\t7\tuserid\t홍길동"
      try redis.call("SET", Key.operation("A", in: shard), outcome)
      let made = try await stage.call("POST", "/reserves", TestIngress.reserve(7), ["Idempotency-Key": "A"])
      #expect(made.status == 201 && made.json["id"].integer == 66 && stage.lane.count == 0)
    }
  }

  @Test func `an outcome is returned only to its own command`() async throws {
    try await TestIngress.run(setUp: { $0.wait = .milliseconds(50) }) { stage in
      let redis = try stage.server.connect()
      let shard = Shard.of(productid: 7, among: FakeLane.shards)
      let key = ["Idempotency-Key": "A"]
      let others = "0123456789abcdef accepted\tReserveCompleted\tid\t66\tproductid\t7\tuserid\tmallory"
      try redis.call("SET", Key.operation("key:A", in: shard), others)
      for _ in 1...2 {
        #expect(try await stage.call("POST", "/reserves", Self.silent, key).status == 202)
        try forget("A", redis)
      }
      let fields: Fields = [
        "type": "Reserve", "productid": "7", "userid": "홍길동", "productname": "silent", "qty": "2",
        "reserveDt": "2024-04-04", "address": "서울 \"강남\"", "price": "15000",
      ]
      let digest = try Draft(fields: fields, worker: .reservation).digest
      let own = CommandRecord(digest, outcome: "accepted\tReserveCompleted\tid\t5\tproductid\t7\tuserid\t홍길동")
      try redis.call("SET", Key.operation("key:A", in: shard), own.stored)
      let made = try await stage.call("POST", "/reserves", Self.silent, key)
      #expect(made.status == 201 && made.json["id"].integer == 5)
    }
  }
}
