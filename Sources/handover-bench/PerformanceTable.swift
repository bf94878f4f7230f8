import Foundation
import Runtime

/// Measures everything that has a goal, each thing in turn with what it is compared with, so that other load on the
/// machine affects both equally.
struct PerformanceTable: Sendable {
  /// How much of everything is done.
  struct Amounts: Sendable {
    /// What a quiet machine of two cores does in some four minutes.
    static let full = Amounts(
      pairs: 3, turns: 2, entries: 200_000, deals: 20_000, products: 1000, seconds: 8, rate: 500,
      history: 1_000_000, sample: 50_000)
    /// Shows that everything works. The figures mean nothing.
    static let tiny = Amounts(
      pairs: 1, turns: 1, entries: 2000, deals: 400, products: 20, seconds: 1, rate: 50, history: 2000,
      sample: 1000)

    /// How often drains are measured, and how often deals and calls are.
    let pairs, turns: Int
    let entries: Int
    let deals, products: Int
    /// How long the ingress is called, once without and once with a look at my page, and how often a second.
    let seconds, rate: Int
    /// The length of the long history, and how much is drained behind it.
    let history, sample: Int
  }

  /// The pace of the drain's floor on the machine to which the goals for CPU times belong, in entries/s.
  private static let referencePace = 87_000.0

  let amounts: Amounts
  let floor: DrainFloor?
  /// Another release, called in the same run.
  let beside: Executables?
  /// Gets each measurement as soon as there is one.
  let report: @Sendable (String) -> Void

  func run() async throws -> [TableRow] {
    let isRoot = geteuid() == 0
    let (drainRow, floorPace) = try await Start.onThread { try drain() }
    var rows = [drainRow]
    rows += try await Start.onThread { try deals(redisFirst: isRoot, floorPace: floorPace) }
    rows += try await calls()
    rows.append(try await Start.onThread { try histories() })
    return rows
  }

  /// Returns the floor's pace too, in entries/s; nil without a floor.
  private func drain() throws -> (row: TableRow, floorPace: Double?) {
    var (ours, least): ([Double], [Double]) = ([], [])
    for _ in 0..<amounts.pairs {
      if let floor {
        least.append(try floor.run(entries: amounts.entries, batch: Drain.batch, shards: 8))
      }
      ours.append(try Drain().run(entries: amounts.entries, shards: 8).entriesPerSecond)
      report("drain, entries/s: \(last(ours, 0)), the floor \(last(least, 0))")
    }
    let row = TableRow(
      "drain, entries/s, and the C floor's", ours, by: least, places: 0, goal: .atLeast(1.55))
    return (row, least.isEmpty ? nil : least.median)
  }

  private func deals(redisFirst: Bool, floorPace: Double?) throws -> [TableRow] {
    let bench = try Deals(deals: amounts.deals, products: amounts.products, redisFirst: redisFirst)
    var (ours, least): ([Deals.Result], [DealFloor.Result]) = ([], [])
    for _ in 0..<amounts.turns {
      let floor = try DealFloor.run(
        deals: amounts.deals, products: amounts.products, redisFirst: redisFirst)
      let result = try bench.run()
      ours.append(result)
      least.append(floor)
      report(
        """
        deals/s: \(decimal(result.dealsPerSecond)), the floor \(decimal(floor.dealsPerSecond)); \
        CPU of a deal, Redis + workers: \(decimal(result.redisMicroseconds)) + \
        \(decimal(result.workerMicroseconds)) µs, the floor \(decimal(floor.redisMicroseconds)) + \
        \(decimal(floor.ownMicroseconds)); memory: \(decimal(result.memoryBytes)) bytes, the floor \
        \(decimal(floor.memoryBytes))
        """)
    }
    let pace = ours.map(\.dealsPerSecond)
    let (redis, workers) = (ours.map(\.redisMicroseconds), ours.map(\.workerMicroseconds))
    let most = redisFirst ? "Redis first" : "not root, so Redis not first"
    var rows = [
      TableRow("whole deals/s (\(most)), and by hand in C", pace, by: least.map(\.dealsPerSecond), places: 0),
      TableRow("Redis CPU of a deal, µs", redis, by: least.map(\.redisMicroseconds), places: 0),
      TableRow("CPU of the five workers, µs", workers, by: least.map(\.ownMicroseconds), places: 0),
    ]
    if let floorPace {
      let scale = floorPace / Self.referencePace
      rows += [
        TableRow(
          "whole deals/s ÷ entries/s of the drain's floor", pace, by: pace.map { _ in floorPace }, places: 0,
          figurePlaces: 3, goal: .atLeast(0.1)),
        TableRow(
          "Redis CPU of a deal at 87,000 entries/s of the floor, µs", redis.map { $0 * scale }, beside: redis,
          places: 0, goal: .atMost(100)),
        TableRow(
          "CPU of the five workers at 87,000, µs", workers.map { $0 * scale }, beside: workers, places: 0,
          goal: .atMost(95)),
      ]
    }
    rows.append(
      TableRow(
        "memory of a finished deal, kB", ours.map { $0.memoryBytes / 1000 },
        beside: least.map { $0.memoryBytes / 1000 }, places: 2, goal: .atMost(4)))
    return rows
  }

  /// What calls at a fixed rate cost, with all workers.
  private struct CallCost: Sendable {
    /// The CPU time of a call, in µs: of Redis, and of the workers and the ingress.
    let redis, own: Double
    /// In milliseconds.
    let answered, onMypage: Double

    var line: String {
      """
      \(decimal(redis)) + \(decimal(own)) µs of CPU a call, 201 within \(decimal(answered, 2)) ms, on my page within \
      \(decimal(onMypage, 2)) ms
      """
    }
  }

  private func calls() async throws -> [TableRow] {
    var (ours, theirs): ([CallCost], [CallCost]) = ([], [])
    var pairs: [Comparison.Pair] = []
    for _ in 0..<amounts.turns {
      if let beside { theirs.append(try await called(beside) { try await measure($0) }) }
      let (cost, comparison) = try await called(.own) { system in
        let cost = try await measure(system)
        // The workers use the same cores: only without them is the ingress alone measured.
        system.stopWorkers()
        let length = min(.seconds(amounts.seconds) / 8, Throughput.longestTurn)
        return (cost, try await system.throughput().compare(pairs: amounts.pairs, turn: length))
      }
      ours.append(cost)
      pairs += comparison.pairs
      report("\(amounts.rate) POST/s: \(ours.last?.line ?? "–"); beside it: \(theirs.last?.line ?? "–")")
    }
    report("ingress ÷ bare: " + pairs.map { decimal($0.ratio, 2) }.joined(separator: " "))
    let rate = "\(amounts.rate)/s"
    return [
      TableRow(
        "Redis CPU of a POST at \(rate), µs, and beside it", ours.map(\.redis), by: theirs.map(\.redis),
        places: 0, goal: .atMost(0.5)),
      TableRow(
        "CPU of the workers and the ingress, µs", ours.map(\.own), by: theirs.map(\.own), places: 0,
        goal: .atMost(0.5)),
      TableRow(
        "POST /reserves → 201 at \(rate), p99, ms", ours.map(\.answered), beside: theirs.map(\.answered),
        places: 2, goal: .atMost(2)),
      TableRow(
        "POST → the row on my page, p99, ms", ours.map(\.onMypage), beside: theirs.map(\.onMypage), places: 2,
        goal: .atMost(6)),
      TableRow(
        "respond-async calls/s, and a bare server's", pairs.map(\.ingress.callsPerSecond),
        by: pairs.map(\.bare.callsPerSecond), places: 0, goal: .atLeast(0.75)),
    ]
  }

  private func called<Result: Sendable>(
    _ executables: Executables, _ work: (CalledSystem) async throws -> Result
  ) async throws -> Result {
    try await Load.with { load in
      let system = try await CalledSystem(load, executables: executables)
      defer { system.end() }
      return try await work(system)
    }
  }

  private func measure(_ system: CalledSystem) async throws -> CallCost {
    let duration = Duration.seconds(amounts.seconds)
    try await system.warmUp(rate: amounts.rate)
    let (redis, own) = (system.stage.redisCPU, system.ownCPU)
    let answers = try await system.reserve(rate: amounts.rate, for: duration, as: "caller")
    let count = Double(answers.count)
    let (redisUse, ownUse) = (system.stage.redisCPU - redis, system.ownCPU - own)
    // Looking at my page every millisecond costs Redis too: it begins when the cost of the calls is known.
    let watch = MypageWatch(system.stage.servers.url)
    _ = try await system.reserve(rate: amounts.rate, for: duration, as: "buyer", watch: watch)
    return CallCost(
      redis: redisUse / count * 1e6, own: ownUse / count * 1e6, answered: answers.percentile(99) / 1000,
      onMypage: watch.latencies.percentile(99) / 1000)
  }

  private func histories() throws -> TableRow {
    let short = min(10_000, amounts.history / 2)
    let growth = Growth(Drain(), limit: amounts.history, sample: amounts.sample, shortHistory: short)
    let pairs = try growth.compareHistories(turns: amounts.pairs) { what, result in
      report("\(what): \(decimal(result.entriesPerSecond)) entries/s")
    }
    return TableRow(
      "drain behind \(decimal(Double(amounts.history))), entries/s, and behind \(decimal(Double(short)))",
      pairs.map(\.long.entriesPerSecond), by: pairs.map(\.short.entriesPerSecond), places: 0,
      goal: .atLeast(0.95))
  }

  private func last(_ values: [Double], _ places: Int) -> String {
    values.last.map { decimal($0, places) } ?? "–"
  }
}
