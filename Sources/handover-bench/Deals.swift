import Redis
import Workers

/// Measures the throughput of complete deals, from the reservation to the last row of my page.
struct Deals: Sendable {
  struct Result: Sendable {
    let deals: Int
    let cancelled: Int
    let waited: Int
    /// The time until the last deal had ended in the journal.
    let seconds: Double
    /// The time until all workers, including notices and my page, had caught up.
    let caughtUpSeconds: Double
    let workerCPU: [(worker: String, seconds: Double)]
    let redis: RedisCost
    /// The Redis time of the benchmark's own journal reads, in µs; measured by reading the journals once
    /// more.
    let ownReading: Int

    var dealsPerSecond: Double { Double(deals) / seconds }
    /// The CPU time of a deal in Redis, and in all workers, in µs.
    var redisMicroseconds: Double { redis.cpuSeconds / Double(deals) * 1e6 }
    var workerMicroseconds: Double { workerCPU.reduce(0) { $0 + $1.seconds } / Double(deals) * 1e6 }
    /// What a finished deal takes in Redis.
    var memoryBytes: Double { redis.memoryBytes / Double(deals) }
  }

  private let plan: DealPlan
  private let redisFirst: Bool
  private let masters: Int?

  /// - Parameter redisFirst: Whether Redis has priority over everything else on the machine's cores, so that
  ///   its time inside commands includes no waiting.
  /// - Parameter masters: The number of masters of a cluster; nil for one Redis.
  init(deals: Int, products: Int, redisFirst: Bool = false, masters: Int? = nil) throws {
    self.masters = masters
    plan = DealPlan(products: products, perProduct: deals / products)
    self.redisFirst = redisFirst
    guard plan.perProduct >= DealPlan.fewestPerProduct else {
      throw BenchError("There must be at least \(DealPlan.fewestPerProduct) deals per product.")
    }
  }

  /// Runs the measurement, and checks how each deal ended.
  func run() throws -> Result {
    let stage = try BenchSystem(
      shards: 8, masters: masters, keepsLog: true, redisFirst: redisFirst)
    defer { stage.end() }
    let workers = try stage.startWorkers()
    try DealDriver.pass((1...plan.products).flatMap(plan.offer), on: stage)
    try stage.awaitCaughtUp()
    let positions = try stage.journalEnds()
    var driver = DealDriver(plan, on: stage, from: positions)
    try stage.redis.resetStatistics()
    let (start, cpu) = (try RedisInfo(stage.redis), workers.map(\.process.cpuSeconds))
    let began = ContinuousClock.now
    try driver.run()
    let took = ContinuousClock.now - began
    try stage.awaitCaughtUp()
    let caughtUp = ContinuousClock.now - began
    let used = zip(workers, cpu).map { ($0.role.rawValue, $0.process.cpuSeconds - $1) }
    let end = try RedisInfo(stage.redis)
    try plan.check(stage.redis, shards: stage.shards)
    try stage.redis.resetStatistics()
    try DealDriver.read(stage, from: positions)
    let own = try RedisInfo(stage.redis).commands["xread"]?.microseconds ?? 0
    return Result(
      deals: plan.deals, cancelled: plan.cancelled, waited: plan.waiting, seconds: took.seconds,
      caughtUpSeconds: caughtUp.seconds, workerCPU: used, redis: RedisCost(from: start, to: end),
      ownReading: own)
  }
}
