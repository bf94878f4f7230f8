import Layout
import Market
import Testbed
import Testing

@testable import Workers

/// My page as it stands in Redis.
@Suite struct MypageProjectionTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func anySplitIntoBatchesMakesTheSamePages(seed: UInt64) throws {
    // Several reservations, their events shuffled together.
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
      var left = events[...]
      while !left.isEmpty {
        let batch = Array(left.prefix(Int.random(in: 1...most, using: &random)))
        left = left.dropFirst(batch.count)
        // Now and then a batch comes twice, once with more behind it.
        if Bool.random(using: &random) { try shelf.apply(MypageProjection.self, batch) }
        try shelf.apply(MypageProjection.self, batch)
      }
      return try ["buyer0", "buyer1", "buyer2", "이준호"].flatMap { userid in
        let list = try shelf.list(Key.mypage(of: userid))
        return [try shelf.hash(Key.mypageRows(of: userid)), ["list": list.joined(separator: " ")]]
      }
    }
    let whole = try pages(events.count)
    #expect(whole[0].count == 4 && whole[6].count >= 9)
    for most in [1, 2, 5, 20] { #expect(try pages(most) == whole) }
  }

  @Test func aFormerOwnerOverwritesNothing() throws {
    let shelf = try Shelf()
    let events = Story.all[0].events
    try shelf.apply(MypageProjection.self, Array(events[..<2]))
    try shelf.apply(MypageProjection.self, Array(events[2...]))
    let rows = try ["김민지", "이준호"].map { try shelf.hash(Key.mypageRows(of: $0)) }
    for end in 1...events.count { try shelf.apply(MypageProjection.self, Array(events[..<end])) }
    #expect(try ["김민지", "이준호"].map { try shelf.hash(Key.mypageRows(of: $0)) } == rows)
    // Both say the same, from the same time on.
    #expect(rows[0]["7:buyer"] == rows[1]["7:seller"])
    #expect(try shelf.list(Key.mypage(of: "김민지")) == ["7:buyer", "1712000000000"])
    #expect(try shelf.list(Key.mypage(of: "이준호")) == ["7:seller", "1712000000000"])
  }

  @Test func aLostRowComesBack() throws {
    let shelf = try Shelf()
    let events = Story.all[0].events
    for event in events { try shelf.apply(MypageProjection.self, [event]) }
    for (userid, name) in [("이준호", "7:seller"), ("김민지", "7:buyer")] {
      let row = try shelf.hash(Key.mypageRows(of: userid))
      try shelf.connection.call("HDEL", Key.mypageRows(of: userid), name)
      try shelf.connection.call("ZREM", Key.mypage(of: userid), name)
      for event in events { try shelf.apply(MypageProjection.self, [event]) }
      #expect(try shelf.hash(Key.mypageRows(of: userid)) == row)
      #expect(try shelf.list(Key.mypage(of: userid)) == [name, "1712000000000"])
    }
  }

  /// To `String` they are equal; to Redis, and so to everybody, they are two users.
  @Test func namesThatLookTheSameAreTwoUsers() throws {
    let shelf = try Shelf()
    let users = ["\u{E9}", "e\u{301}"]
    #expect(users[0] == users[1])
    let events = Story.begun(1, buyer: users[0]).events + Story.begun(2, buyer: users[1]).events
    try shelf.apply(MypageProjection.self, events)
    try shelf.apply(NotificationProjection.self, events)
    for (place, userid) in users.enumerated() {
      #expect(try shelf.list(Key.mypage(of: userid)).first == "\(place + 1):buyer")
      #expect(try shelf.connection.call("HLEN", Key.notices(of: userid)).integer == 1)
    }
  }

  @Test func aBuyerMayBeTheSeller() throws {
    let shelf = try Shelf()
    try shelf.apply(MypageProjection.self, Story.begun(7, buyer: "나").started(seller: "나").events)
    #expect(Set(try shelf.hash(Key.mypageRows(of: "나")).keys) == ["7:buyer", "7:seller"])
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
