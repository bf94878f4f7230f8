import Redis
import Workers

/// How many whole deals the system takes, from the reservation to the last row of my page.
public struct Deals: Sendable {
  public struct Result: Sendable {
    public let deals: Int
    public let cancelled: Int
    public let waited: Int
    /// Until the last deal had ended on the journal.
    public let seconds: Double
    /// Until every worker, notices and my page among them, had caught up.
    public let caughtUpSeconds: Double
    public let workerCPU: [(worker: String, seconds: Double)]
    public let redis: RedisCost
  }

  private let plan: DealPlan

  public init(deals: Int, products: Int) throws {
    plan = DealPlan(products: products, perProduct: deals / products)
    guard plan.perProduct >= DealPlan.fewestPerProduct else {
      throw BenchError("There must be at least \(DealPlan.fewestPerProduct) deals a product.")
    }
  }

  /// Checks every deal's end as well.
  public func run() throws -> Result {
    let stage = try Stage(shards: 8, keepsLog: true)
    defer { stage.end() }
    let workers = try stage.startWorkers()
    try DealDriver.pass((1...plan.products).flatMap(plan.offer), on: stage)
    try stage.awaitCaughtUp()
    var driver = DealDriver(plan, on: stage, from: try stage.journalEnds())
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
    return Result(
      deals: plan.deals, cancelled: plan.cancelled, waited: plan.waiting, seconds: took.seconds,
      caughtUpSeconds: caughtUp.seconds, workerCPU: used, redis: RedisCost(from: start, to: end))
  }
}
