import Lanes
import Testing

@Suite struct ShardTests {
  /// Stored data depends on these: they must never change.
  @Test(
    arguments: [
      (1, 16, 12), (2, 16, 5), (3, 16, 2), (42, 16, 3), (1000, 16, 4),
      (9_007_199_254_740_991, 16, 11), (1, 1, 0), (1, 7, 1), (42, 1024, 547),
    ])
  func `the shard of a product never changes`(product: Int, count: Int, shard: Int) {
    #expect(Shard.of(productid: product, among: count) == Shard(shard))
  }

  @Test(arguments: [2, 5, 16, 64])
  func `products are spread evenly across the shards`(count: Int) {
    var products = Array(repeating: 0, count: count)
    for product in 1...100_000 { products[Shard.of(productid: product, among: count).index] += 1 }
    let part = 100_000 / count
    #expect(products.allSatisfy { (part * 4 / 5...part * 6 / 5).contains($0) }, "\(products)")
  }

  @Test func `a shard's keys begin with its hash tag`() {
    #expect(Shard(3).tag == "{3}")
    #expect(Shard(3).key("events") == "{3}:events")
  }
}
