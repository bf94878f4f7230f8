import Keys
import Market
import Testbed
import Testing

@testable import Workers

/// My page as it is stored in Redis.
@Suite struct MypageProjectionTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `any split into batches makes the same pages`(seed: UInt64) throws {
    // Several reservations, with interleaved events.
    var random = SplitMix64(seed: seed)
    var rest = (1...12).map { id in
      Story.all[id % Story.all.count].events.map { item -> Event in
        var event = item.event
        event.fact = event.fact.of(reserveid: id, buyer: "buyer\(id % 3)", product: id % 2)
        return event
      }[...]
    }
    var events: [JournalEvent] = []
    while let place = rest.indices.filter({ !rest[$0].isEmpty }).randomElement(using: &random) {
      let position = EntryID(
        milliseconds: 1_712_000_000_000 + UInt64(events.count / 3), sequence: UInt64(events.count % 3))
      if let event = rest[place].popFirst() { events.append(JournalEvent(event: event, position: position)) }
    }
    func pages(_ most: Int) throws -> [[String: String]] {
      let shelf = try Shelf()
      var owner = ProjectionLane(shard: shelf.shard)
      var left = events[...]
      while !left.isEmpty {
        let batch = Array(left.prefix(Int.random(in: 1...most, using: &random)))
        left = left.dropFirst(batch.count)
        // Sometimes an owner vanishes before the commit, and the next one reads the batch again.
        if Bool.random(using: &random) {
          try shelf.apply(MypageProjection.self, batch, by: owner, commits: false)
          owner = ProjectionLane(shard: shelf.shard)
        }
        try shelf.apply(MypageProjection.self, batch, by: owner)
      }
      let rows = try shelf.hash(Key.mypageRows(of: 1, in: shelf.shard))
      return try [rows]
        + ["buyer0", "buyer1", "buyer2", "이준호"].map { userid in
          ["list": try shelf.list(Key.mypage(of: userid)).joined(separator: " ")]
        }
    }
    let whole = try pages(events.count)
    #expect(whole[0].count == 12)
    for most in [1, 2, 5, 20] { #expect(try pages(most) == whole) }
  }

  /// Users' lists are written before the commit, without a fence.
  @Test func `repeated writes of a former owner change nothing`() throws {
    let shelf = try Shelf()
    let events = Story.all[0].events
    try shelf.apply(MypageProjection.self, events)
    let row = try shelf.row()
    for end in 1...events.count {
      try shelf.apply(MypageProjection.self, Array(events[..<end]), commits: false)
    }
    #expect(try shelf.row() == row)
    #expect(try shelf.list(Key.mypage(of: "김민지")) == ["3:7:buyer", "1712000000000"])
    #expect(try shelf.list(Key.mypage(of: "이준호")) == ["3:7:seller", "1712000000000"])
  }

  @Test func `a replay restores lost rows and list entries`() throws {
    let shelf = try Shelf()
    let events = Story.all[0].events
    for event in events { try shelf.apply(MypageProjection.self, [event]) }
    let row = try shelf.row()
    func replay() throws {
      let owner = ProjectionLane(shard: shelf.shard)
      for event in events { try shelf.apply(MypageProjection.self, [event], by: owner, isReplay: true) }
    }
    for (userid, name) in [("이준호", "3:7:seller"), ("김민지", "3:7:buyer")] {
      try shelf.connection.call("ZREM", Key.mypage(of: userid), name)
      try replay()
      #expect(try shelf.list(Key.mypage(of: userid)) == [name, "1712000000000"])
    }
    try shelf.connection.call("HDEL", Key.mypageRows(of: 7, in: shelf.shard), "7")
    try replay()
    #expect(try shelf.row() == row)
  }

  /// The stored records include later events than the replayed ones.
  @Test func `a replay of older events does not undo newer ones`() throws {
    let shelf = try Shelf()
    let events = Story.all[1].events
    try shelf.apply(MypageProjection.self, events)
    let row = try shelf.row()
    for end in 1...events.count {
      try shelf.apply(MypageProjection.self, Array(events[..<end]), isReplay: true)
      #expect(try shelf.row() == row)
    }
  }

  /// They are equal as `String`, but two users to Redis, and so everywhere.
  @Test func `user ids that differ only in Unicode normalization are two users`() throws {
    let shelf = try Shelf()
    let users = ["\u{E9}", "e\u{301}"]
    #expect(users[0] == users[1])
    let events = Story.begun(1, buyer: users[0]).events + Story.begun(2, buyer: users[1]).events
    try shelf.apply(MypageProjection.self, events)
    try shelf.apply(NotificationProjection.self, events)
    for (place, userid) in users.enumerated() {
      #expect(try shelf.list(Key.mypage(of: userid)).first == "3:\(place + 1):buyer")
      #expect(try shelf.connection.call("HLEN", Key.notices(of: userid)).integer == 1)
    }
  }

  @Test func `a buyer who is also the seller has two rows`() throws {
    let shelf = try Shelf()
    try shelf.apply(MypageProjection.self, Story.begun(7, buyer: "나").started(seller: "나").events)
    let time = "1712000000000"
    #expect(try shelf.list(Key.mypage(of: "나")) == ["3:7:buyer", time, "3:7:seller", time])
  }
}

extension Fact {
  fileprivate func of(reserveid: Int, buyer: String, product: Int) -> Fact {
    func renamed(_ deal: Deal) -> Deal {
      var deal = deal
      (deal.reserveid, deal.userid, deal.productid) = (reserveid, buyer, product)
      return deal
    }
    return switch self {
    case .deal(let step, let deal): .deal(step, renamed(deal))
    case .hold(let step, let deal, let level): .hold(step, renamed(deal), level)
    case .listing, .stock, .rejected: self
    }
  }
}
