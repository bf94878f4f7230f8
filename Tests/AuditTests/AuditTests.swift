import Audit
import Layout
import Lanes
import Market
import Redis
import Testing

@Suite struct AuditTests {
  /// Sends a few hundred commands in bursts, so that lanes read what they say across one another.
  private func live(_ bench: Bench, seed: UInt64, commands: Int = 600) throws {
    var wishes = Wishes(seed: seed, products: 6)
    bench.start()
    var left = commands
    while left > 0 {
      let burst = Int.random(in: 1...40)
      try bench.send((0..<burst).map { _ in wishes.next() })
      left -= burst
    }
  }

  @Test(arguments: 1...8) func aBusyHistoryIsClean(seed: Int) throws {
    let bench = try Bench()
    try live(bench, seed: UInt64(seed))
    let report = try bench.audit()
    #expect(report.isAtRest, "\(report.notes)")
    #expect(report.differences.map { "\($0.code) \($0.key): \($0.message)" } == [])
    #expect(report.totals.commands > 500)
    for d in report.differences where d.code == .notice || d.code == .status {
      let m = d.key + " " + d.message
      if let r = m.firstMatch(of: #/announces ([0-9-]+) |notice:\{0-([0-9]+-[0-9]+)-/#) {
        let pos = String(r.1 ?? r.2 ?? "")
        let e = try bench.connection.call("XRANGE", d.key.hasPrefix("{1}") ? "{1}:events" : "{0}:events", pos, pos)
        var words: [String] = []
        for x in e { for y in x { for z in y { words.append(z.string ?? "?") } } }
        print("DBG", m, words.joined(separator: " "))
      }
    }
  }
}
