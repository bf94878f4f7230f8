import NIOCore
import Testbed
import Testing

@testable import HTTPIngress

/// How much each caller may ask for, on a clock of the test's own.
@Suite struct RateLimiterTests {
  private let start = ContinuousClock.Instant.now

  private func user(_ name: String) -> RateLimiter.Caller { .user(Array(name.utf8)) }

  private func address(_ text: String) throws -> RateLimiter.Caller {
    .address(try #require(ClientAddress(SocketAddress(ipAddress: text, port: 1))))
  }

  @Test func `a bucket holds a minute's units, and gets one back at a time`() {
    let limiter = RateLimiter(perMinute: 60, epoch: start)
    for left in (0..<60).reversed() {
      #expect(
        limiter.admit(user("a"), at: start) == .init(isAdmitted: true, remaining: left, seconds: 1))
    }
    let refused = RateLimiter.Verdict(isAdmitted: false, remaining: 0, seconds: 1)
    #expect(limiter.admit(user("a"), at: start) == refused)
    #expect(limiter.admit(user("a"), at: start + .milliseconds(999)) == refused)
    #expect(limiter.admit(user("a"), at: start + .seconds(1)).isAdmitted)
    // A refused call costs nothing, and tells when a call of the same cost can be made.
    #expect(limiter.admit(user("a"), cost: 30, at: start + .seconds(1)).seconds == 30)
    #expect(limiter.admit(user("a"), cost: 30, at: start + .seconds(31)).isAdmitted)
    // Others are not concerned.
    #expect(limiter.admit(user("b"), cost: 60, at: start).remaining == 0)
  }

  @Test func `what costs more than a bucket holds takes all of it`() {
    let limiter = RateLimiter(perMinute: 10, epoch: start)
    #expect(
      limiter.admit(user("a"), cost: 50, at: start) == .init(isAdmitted: true, remaining: 0, seconds: 6))
    #expect(
      limiter.admit(user("a"), cost: 50, at: start) == .init(isAdmitted: false, remaining: 0, seconds: 60))
    #expect(limiter.admit(user("a"), cost: 50, at: start + .seconds(60)).isAdmitted)
  }

  /// The reference is the definition: in any stretch of time, no more than a bucket and what came back meanwhile.
  @Test(arguments: 0..<20)
  func `in no stretch of time is more admitted than a bucket and what comes back in it`(round: UInt64) throws
  {
    let seed = 12_000 + round
    print("RateLimiterTests seed \(seed)")
    var dice = SplitMix64(seed: seed)
    let perMinute = [1, 7, 60, 600, 12_345].randomElement(using: &dice) ?? 60
    // So few that callers are forgotten early only if they are many; here there are five.
    let limiter = RateLimiter(perMinute: perMinute, most: 100, epoch: start)
    let callers = try [user("a"), user("b"), address("192.0.2.1"), address("2001:db8::1"), user("192.0.2.1")]
    var admitted: [RateLimiter.Caller: [(time: Duration, units: Int)]] = [:]
    var now = Duration.zero
    var refused = 0
    for _ in 0..<2000 {
      now += .nanoseconds(Int.random(in: 0...(1 << Int.random(in: 0...36, using: &dice)), using: &dice))
      let caller = callers.randomElement(using: &dice) ?? user("a")
      let cost = dice.oneIn(4) ? Int.random(in: 1...perMinute, using: &dice) : 1
      let verdict = limiter.admit(caller, cost: cost, at: start + now)
      #expect((0..<max(2, perMinute + 1)).contains(verdict.remaining))
      if verdict.isAdmitted {
        admitted[caller, default: []].append((now, cost))
      } else {
        refused += 1
        // Who waits as long as told is admitted.
        let later = start + now + .seconds(verdict.seconds)
        if dice.oneIn(20) {
          now += .seconds(verdict.seconds)
          #expect(limiter.admit(caller, cost: cost, at: later).isAdmitted)
          admitted[caller, default: []].append((now, cost))
        }
      }
    }
    for calls in admitted.values {
      for first in calls.indices {
        var units = 0
        for call in calls[first...] {
          units += call.units
          let allowed = Double(perMinute) * (1 + (call.time - calls[first].time) / .seconds(60))
          if Double(units) > allowed + 1e-6 {
            Issue.record("\(units) units in \(call.time - calls[first].time)")
          }
        }
      }
    }
    #expect(refused > 0)
  }

  @Test func `calls at the same time cannot share a unit`() async {
    let limiter = RateLimiter(perMinute: 1000, epoch: start)
    let admitted = await withTaskGroup(of: Int.self) { tasks in
      for _ in 0..<8 {
        tasks.addTask { [start] in
          (0..<1000).count { _ in limiter.admit(.user([1]), at: start).isAdmitted }
        }
      }
      return await tasks.reduce(0, +)
    }
    #expect(admitted == 1000)
  }

  @Test func `callers who have full buckets again are forgotten`() throws {
    let limiter = RateLimiter(perMinute: 60, epoch: start)
    for number in 0..<1000 { _ = limiter.admit(user("\(number)"), at: start) }
    #expect(limiter.count == 1000)
    for minute in 1...2 { _ = limiter.admit(user("a"), at: start + .seconds(60 * minute)) }
    #expect(limiter.count == 2)
  }

  @Test func `no number of addresses takes more than the given room, or gives a caller more than a bucket`()
    throws
  {
    let limiter = RateLimiter(perMinute: 60, most: 1000, epoch: start)
    #expect(limiter.admit(user("victim"), cost: 60, at: start).isAdmitted)
    for number in 0..<100_000 {
      let text = "2001:db8:\(String(number >> 16, radix: 16)):\(String(number & 0xFFFF, radix: 16))::1"
      #expect(try limiter.admit(address(text), at: start).remaining == 59)
      #expect(limiter.count <= 1000)
    }
    // Forgotten: as if it had never called, and no more than that.
    #expect(limiter.admit(user("victim"), cost: 60, at: start).isAdmitted)
    #expect(!limiter.admit(user("victim"), at: start).isAdmitted)
  }

  @Test func `somebody who keeps calling is remembered, whoever else calls`() throws {
    let limiter = RateLimiter(perMinute: 60, most: 1000, epoch: start)
    var admitted = 0
    for number in 0..<20_000 {
      _ = try limiter.admit(address("2001:db8:0:\(String(number, radix: 16))::1"), at: start)
      if number.isMultiple(of: 400), limiter.admit(user("a"), at: start).isAdmitted { admitted += 1 }
    }
    // Twice in each turn, so that it is never among those who called longest ago.
    #expect(admitted == 50)
    for _ in 0..<10 { #expect(limiter.admit(user("a"), at: start).isAdmitted) }
    #expect(!limiter.admit(user("a"), at: start).isAdmitted)
  }

  @Test func `the addresses of one IPv6 network share a bucket, IPv4 addresses do not`() throws {
    let limiter = RateLimiter(perMinute: 1, epoch: start)
    for (text, isAdmitted) in [
      ("2001:db8::1", true), ("2001:db8::ffff:1:2:3", false), ("2001:db8:0:1::1", true), ("192.0.2.1", true),
      ("192.0.2.2", true), ("::ffff:192.0.2.2", false), ("0.0.0.0", true), ("::", true),
    ] {
      #expect(try limiter.admit(address(text), at: start).isAdmitted == isAdmitted, "\(text)")
    }
  }

  @Test(
    arguments: [
      ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
      // What the client wrote itself stands to the left, and does not count.
      ("10.0.0.1", ["192.0.2.1, 198.51.100.7"], "198.51.100.7"),
      ("10.0.0.1", ["10.9.9.9, 198.51.100.7"], "198.51.100.7"),
      ("10.0.0.1", ["192.0.2.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
      ("10.0.0.1", ["192.0.2.1, 198.51.100.7", "10.0.0.2"], "198.51.100.7"),
      ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
      ("10.0.0.1", ["192.0.2.1, unknown"], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1, "], "10.0.0.1"),
      ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
      ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"), ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
      // Nobody else is asked where a call comes from.
      ("198.51.100.7", ["192.0.2.1"], "198.51.100.7"),
    ] as [(String, [String], String)])
  func `the client is the right-most address that no trusted proxy has`(
    peer: String, forwarded: [String], client: String
  ) throws {
    let proxies = [AddressRange("10.0.0.0/8")].compactMap(\.self)
    let found = try SocketAddress(ipAddress: peer, port: 1).client(forwarded: forwarded, behind: proxies)
    #expect(found.ipAddress == client)
  }
}
