import Testing

@testable import Lanes

@Suite struct FairShareTests {
  @Test(arguments: 1...9)
  func `fair shares add up to all lanes, and differ by one at most`(replicas: Int) {
    let living = (0..<replicas).map { "worker-\($0)" }
    for lanes in 0...40 {
      let quotas = living.map { FairShare(replica: $0, living: living, lanes: lanes).quota }
      #expect(quotas.reduce(0, +) == lanes)
      #expect((quotas.max() ?? 0) - (quotas.min() ?? 0) <= 1)
    }
  }

  @Test(arguments: 1...9, 2...6)
  func `the lanes of several servers are shared evenly`(replicas: Int, servers: Int) {
    let living = (0..<replicas).map { "worker-\($0)" }
    for lanes in 0...40 {
      var sums = Array(repeating: 0, count: replicas)
      for place in 0..<servers {
        let quotas = living.map {
          FairShare(replica: $0, living: living, lanes: lanes, place: place).quota
        }
        #expect(quotas.reduce(0, +) == lanes)
        #expect((quotas.max() ?? 0) - (quotas.min() ?? 0) <= 1)
        sums = zip(sums, quotas).map { $0 + $1 }
      }
      #expect((sums.max() ?? 0) - (sums.min() ?? 0) <= 1)
    }
  }

  @Test func `a replica that is not alive gets no lanes`() {
    let share = FairShare(replica: "c", living: ["a", "b"], lanes: 9)
    #expect(share.rank == nil && share.quota == 0)
    #expect(FairShare(replica: "a", living: [], lanes: 9).quota == 0)
  }
}
