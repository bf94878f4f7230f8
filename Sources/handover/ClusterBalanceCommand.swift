import ArgumentParser
import Keys
import Operations
import Redis
import Runtime
import Workers

/// Evens out the slots that have work.
struct ClusterBalanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance", abstract: "Spreads the slots of shards and inlets evenly over all masters.",
    discussion: """
      EXAMPLES
        handover cluster balance
        handover cluster balance --apply

      Without --apply, it only shows what it would move. Masters that have joined and have no slots yet count too.
      redis-cli --cluster rebalance does not do this: it evens out the number of slots, and of all 16,384 only those of
      shards and inlets have work.

      Slots move one at a time while the system runs: commands are taken in meanwhile, and what follows from those of
      the moving slot waits for seconds. After an interruption, run it again: what was begun is finished first.
      """)

  @Flag(help: "Move them.")
  var apply = false

  @OptionGroup var settings: Settings

  func run() async throws {
    let url = try settings.redis()
    try await Start.onThread { [apply] in
      let redis = try RedisDeployment(of: url)
      guard case .cluster(let cluster) = redis else {
        throw StartError(
          "\(redis) is one Redis, not a cluster: it has all slots, and there is nothing to balance.")
      }
      let shards = try redis.connect().shardCount()
      guard apply else { return try Self.show(try ClusterBalance(cluster, as: url, shards: shards)) }
      try RebuildLock.hold(on: redis) {
        let balance = try ClusterBalance(cluster, as: url, shards: shards)
        try Self.show(balance)
        let moves = OperatorLog.list((balance.open + balance.moves).map { "\($0.slot)" })
        if !moves.isEmpty { OperatorLog.note(.balance, moves, on: try redis.connect()) }
        try Self.carryOut(balance)
        if !moves.isEmpty { OperatorLog.note(.balance, moves, result: "moved", on: try redis.connect()) }
      }
    }
  }

  private static func show(_ balance: ClusterBalance) throws {
    var table = TextTable("master", "shards and inlets", "afterwards", alignsNumbers: true)
    for master in balance.masters {
      table.add("\(master)", "\(balance.count(of: master))", "\(balance.countAfterwards(of: master))")
    }
    var lines = [table.description, ""]
    if balance.open.isEmpty && balance.moves.isEmpty { lines.append("Nothing has to move.") }
    if !balance.moves.isEmpty || !balance.open.isEmpty {
      var moves = TextTable("shard or inlet", "slot", "from", "to", "state")
      for (all, note) in [(balance.open, "begun"), (balance.moves, "planned")] {
        for move in all {
          moves.add("\(move.slot)", "\(move.slot.slot.number)", "\(move.source)", "\(move.target)", note)
        }
      }
      lines.append(moves.description)
    }
    try Output.write(lines)
  }

  /// Moves everything, one line for each slot. An interruption takes effect once the slot at hand has moved: the lanes
  /// of one that is half moved would wait.
  private static func carryOut(_ balance: ClusterBalance) throws {
    let interruption = Interruption()
    let all = balance.open.count + balance.moves.count
    var done = 0
    try balance.apply { progress in
      guard progress.isDone else { return }
      done += 1
      let move = progress.move
      try Output.write(["\(done) of \(all): \(move.slot) is at \(move.target), \(progress.keys) keys moved."])
      guard !interruption.isAsked || done == all else {
        throw StartError("Interrupted: run it again, and it goes on from here.")
      }
    }
  }
}
