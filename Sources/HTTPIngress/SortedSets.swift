import Redis

/// Reads several sorted sets as one, in the order of their scores, which are whole numbers.
///
/// Any page costs about as much as the first. The members before a distant page are counted instead of read:
/// a search over the scores asks every set how many members it has up to a score, until the page is near.
struct SortedSets: Sendable {
  struct Member: Sendable {
    let score: Int
    let set: Int
    let name: String
  }

  /// How many members before a page are read along with it rather than counted.
  static let near = 100
  /// The approximate number of counts in one round of the search.
  private static let counts = 128

  let redis: RedisClient
  let keys: [String]

  /// Returns the number of members, and the members at the given positions.
  ///
  /// - Parameter isReversed: whether the highest scores come first.
  func members(_ wanted: Range<Int>, isReversed: Bool) async throws -> (total: Int, members: [Member]) {
    // A single set can be read from any position; with several, one set can have all of the first members.
    if keys.count == 1 || wanted.lowerBound <= Self.near {
      let start = keys.count == 1 ? wanted.lowerBound : 0
      var ask = Commands()
      for key in keys {
        ask.add("ZCARD", key)
        var words = RESPWords("ZRANGE", key, String(start), String(wanted.upperBound - 1))
        if isReversed { words.add("REV") }
        words.add("WITHSCORES")
        ask.add(words)
      }
      let replies = try await redis.send(ask)
      let total = try replies.reduce(0) { try $0 + ($1.get().integer ?? 0) }
      let found = try merged(replies.filter { $0.integer == nil }, isReversed: isReversed)
      return (total, Array(found.prefix(wanted.upperBound - start).dropFirst(wanted.lowerBound - start)))
    }
    let total = try await counts().reduce(0, +)
    let places = wanted.clamped(to: 0..<total)
    if places.isEmpty { return (total, []) }
    if total - places.upperBound <= Self.near {
      // A page near the end is near the beginning in reverse order.
      let back = total - places.upperBound..<total - places.lowerBound
      return (total, try await members(back, isReversed: !isReversed).members.reversed())
    }
    let upwards = isReversed ? total - places.upperBound..<total - places.lowerBound : places
    let (score, before) = try await search(upwards.lowerBound, of: total)
    let skipped = upwards.lowerBound - before
    var ask = Commands()
    for key in keys {
      ask.add(
        "ZRANGE", key, "(\(score)", "+inf", "BYSCORE", "LIMIT", "0", String(skipped + upwards.count),
        "WITHSCORES")
    }
    let found = try merged(try await redis.send(ask), isReversed: false)
    let members = found.dropFirst(skipped).prefix(upwards.count)
    return (total, isReversed ? members.reversed() : Array(members))
  }

  /// Returns a score close to a position but not past it, and how many members have at most that score.
  private func search(_ place: Int, of total: Int) async throws -> (score: Int, before: Int) {
    var ask = Commands()
    for key in keys { ask.add("ZRANGE", key, "-1", "-1", "WITHSCORES") }
    let last = try merged(try await redis.send(ask), isReversed: true).first?.score ?? 0
    var (low, before, high) = (0, 0, last)
    let pivots = max(1, Self.counts / keys.count)
    while place - before > Self.near, high - low > 1 {
      let step = max(1, (high - low) / (pivots + 1))
      let scores = Array(stride(from: low + step, to: high, by: step).prefix(pivots))
      for (score, count) in zip(scores, try await counts(upTo: scores)) {
        guard count <= place else {
          high = score
          break
        }
        (low, before) = (score, count)
      }
    }
    return (low, before)
  }

  private func counts() async throws -> [Int] {
    var ask = Commands()
    for key in keys { ask.add("ZCARD", key) }
    return try await redis.send(ask).map { try $0.get().integer ?? 0 }
  }

  /// Returns how many members have at most each of these scores.
  private func counts(upTo scores: [Int]) async throws -> [Int] {
    var ask = Commands()
    for score in scores { for key in keys { ask.add("ZCOUNT", key, "-inf", String(score)) } }
    let replies = try await redis.send(ask)
    return try scores.indices.map { place in
      try replies[place * keys.count..<(place + 1) * keys.count].reduce(0) {
        try $0 + ($1.get().integer ?? 0)
      }
    }
  }

  /// Returns the members of all sets in their common order; one reply per set.
  private func merged(_ replies: [Reply], isReversed: Bool) throws -> [Member] {
    var members: [Member] = []
    for (set, reply) in replies.enumerated() {
      var name: String?
      for part in try reply.get() {
        if let known = name {
          members.append(Member(score: part.integer ?? 0, set: set, name: known))
          name = nil
        } else {
          name = part.string ?? ""
        }
      }
    }
    // A single set is already in order.
    if keys.count > 1 {
      members.sort {
        isReversed ? ($0.score, $0.set) > ($1.score, $1.set) : ($0.score, $0.set) < ($1.score, $1.set)
      }
    }
    return members
  }
}
