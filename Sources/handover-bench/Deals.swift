import Redis
import Workers

/// How many whole deals the system takes, from the reservation to the last row of my page.
struct Deals: Sendable {
  struct Result: Sendable {
    let deals: Int
    let cancelled: Int
    let waited: Int
    /// Until the last deal had ended on the journal.
    let seconds: Double
    /// Until every worker, notices and my page among them, had caught up.
    let caughtUpSeconds: Double
    let workerCPU: [(worker: String, seconds: Double)]
    let redis: RedisCost
    /// What the benchmark itself reads of the journals costs Redis, in µs: it reads them once more to see.
    let ownReading: Int
  }

  private let plan: DealPlan
  private let redisFirst: Bool

  /// - Parameter redisFirst: whether Redis goes before everything else on the machine's cores, so that its time
  ///   inside commands is its own.
  init(deals: Int, products: Int, redisFirst: Bool = false) throws {
    plan = DealPlan(products: products, perProduct: deals / products)
    self.redisFirst = redisFirst
    guard plan.perProduct >= DealPlan.fewestPerProduct else {
      throw BenchError("There must be at least \(DealPlan.fewestPerProduct) deals a product.")
    }
  }

  /// Checks every deal's end as well.
  func run() throws -> Result {
    let stage = try BenchSystem(shards: 8, keepsLog: true, redisFirst: redisFirst)
    defer { stage.end() }
    let workers = try stage.startWorkers()
    try DealDriver.pass((1...plan.products).flatMap(plan.offer), on: stage)
    try stage.awaitCaughtUp()
    let positions = try stage.journalEnds()
    var driver = DealDriver(plan, on: stage, from: positions)
    try stage.redis.call("CONFIG", "RESETSTAT")
    let (start, cpu) = (try RedisInfo(stage.redis), workers.map(\.process.cpuSeconds))
    let began = ContinuousClock.now
    try driver.run()
    let took = ContinuousClock.now - began
    try stage.awaitCaughtUp()
    let caughtUp = ContinuousClock.now - began
    let used = zip(workers, cpu).map { ($0.role.rawValue, $0.process.cpuSeconds - $1) }
    let end = try RedisInfo(stage.redis)
    try plan.check(stage.redis, shards: stage.shards)
    try stage.redis.call("CONFIG", "RESETSTAT")
    try DealDriver.read(stage, from: positions)
    let own = try RedisInfo(stage.redis).commands["xread"]?.microseconds ?? 0
    return Result(
      deals: plan.deals, cancelled: plan.cancelled, waited: plan.waiting, seconds: took.seconds,
      caughtUpSeconds: caughtUp.seconds, workerCPU: used, redis: RedisCost(from: start, to: end),
      ownReading: own)
  }
}
