import Foundation
import Market
import Redis
import Testbed

/// A client that writes to the inlets with XADD, sometimes nonsense, sometimes the same command twice.
struct Scribe: Sendable {
  let number: Int
  let seed: UInt64
  let redis: TestServers
  let catalogue: Catalogue
  let diary: Diary

  /// Blocks until the pace ends.
  func run(_ pace: Pace) {
    var pace = pace
    var connection: (any RedisLink)?
    var named: (wish: Wish, commandid: String)?
    while let (turn, moment) = pace.next() {
      Thread.sleep(forTimeInterval: max(0, (moment - .now).seconds))
      let place = (100 + number) * 1_000_000 + turn
      var dice = Dice(seed: seed, .scribe, place)
      let second = Double(turn) * pace.period.seconds
      if dice.chance(12) {
        let flaw = Flaw.draw(&dice, number: place)
        write(flaw.words, to: flaw.inlet, "nonsense", flaw: flaw.name, productid: nil, over: &connection)
        continue
      }
      if let old = named, dice.chance(10), let forged = old.wish.forged {
        // Another command under a used command id.
        var words = RESPWords()
        for word in forged.entry(namingProduct: true, commandid: old.commandid) { words.add(word) }
        write(
          words, to: forged.kind.worker, "forged name", flaw: nil, productid: forged.productid,
          over: &connection)
        named = nil
      }
      let wish = Wish.draw(&dice, number: place, at: second, of: catalogue, isNamed: true)
      let commandid = dice.chance(20) ? "entry-\(place)" : nil
      if let commandid { named = (wish, commandid) }
      var words = RESPWords()
      for word in wish.entry(namingProduct: dice.chance(50), commandid: commandid) { words.add(word) }
      if dice.chance(1) {
        // A field that workers do not know, and so ignore.
        words.add("remark")
        words.add(String(repeating: "비", count: 33_000))
      }
      for _ in 0..<(commandid != nil && dice.chance(50) ? 2 : 1) {
        write(
          words, to: wish.kind.worker, wish.kind.rawValue, flaw: nil, productid: wish.productid,
          over: &connection)
      }
      if wish.kind.creates, let id = wish.id {
        catalogue.guess(id, wish.kind.entity, product: wish.productid)
      }
    }
  }

  private func write(
    _ fields: RESPWords, to inlet: DecidingWorker, _ kind: String, flaw: String?, productid: Int?,
    over connection: inout (any RedisLink)?
  ) {
    var words = RESPWords("XADD", inlet.commands, "*")
    words.add(fields)
    var commands = Commands()
    commands.add(words)
    var position: EntryID?
    do {
      let open = try connection ?? redis.connect()
      connection = open
      position = try open.exchange(commands).first?.get().string.flatMap { EntryID($0) }
    } catch {
      connection = nil
    }
    diary.add(Diary.Entry(inlet: inlet, position: position, flaw: flaw, kind: kind, productid: productid))
  }
}
