import ArgumentParser
import Runtime

/// Measures complete deals through all workers.
struct DealsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deals", abstract: "Measures complete deals: reserve, hold, hand over, notices and my page.",
    discussion: """
      One deal in ten is cancelled, one in twenty waits for a unit first. Redis writes its AOF.

      The workers take their settings from the environment. Without timers:
      HANDOVER_EXPIRY_HOURS=0 HANDOVER_REMINDER_HOURS=0 HANDOVER_WAITING_DAYS=0 HANDOVER_RECEIPT_DAYS=0 \
      HANDOVER_LISTING_REMINDER_DAYS=0 handover-bench deals
      """)

  @Option(help: "The number of deals; rounded down to the same number for every product.")
  var deals = 20_000
  @Option(help: "The number of products, with at least twenty deals each.")
  var products = 1000

  @Option(help: "The number of masters of a private cluster; one Redis if not given.")
  var masters: Int?

  @Flag(help: "Gives Redis priority on the cores, so that its time includes no waiting; requires root.")
  var redisFirst = false

  func validate() throws {
    try BenchTool.check(products, "--products", in: 1...1_000_000)
    try BenchTool.check(deals, "--deals", in: 20 * products...1000 * products)
    if let masters { try BenchTool.check(masters, "--masters", in: 1...BenchServers.mostMasters) }
  }

  func run() async throws {
    print(Machine().line)
    let bench = try Deals(deals: deals, products: products, redisFirst: redisFirst, masters: masters)
    let result = try await BenchTool.measure { try bench.run() }
    let count = Double(result.deals)
    print(
      "deals: \(result.deals), \(result.cancelled) cancelled, \(result.waited) waited; all ended as planned\n"
    )
    var table = TextTable("", "figure", alignsNumbers: true)
    table.add("deals/s, to the last deal's end", decimal(result.dealsPerSecond))
    table.add("deals/s, to the last row of my page", decimal(count / result.caughtUpSeconds))
    table.add("log, bytes/deal", decimal(result.redis.logBytes / count))
    table.add("memory, bytes/deal", decimal(result.memoryBytes))
    print(table, "\n")
    var use = TextTable("CPU", "s", "µs/deal", alignsNumbers: true)
    func add(_ name: String, _ seconds: Double) {
      use.add(name, decimal(seconds, 2), decimal(seconds / count * 1e6, 1))
    }
    for (worker, seconds) in result.workerCPU { add("\(worker)-worker", seconds) }
    add("redis-server", result.redis.cpuSeconds)
    print(use, "\n")
    print(result.redis.table(per: "deal", count: result.deals))
    let own = decimal(Double(result.ownReading) / count, 1)
    print(
      """

      evalsha holds all that its script runs, which is counted by itself too. The benchmark's own door is among the
      commands, and so is its reading of the journals: \(own) µs/deal of xread, when done once more.
      """)
  }
}
