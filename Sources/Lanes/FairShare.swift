/// How many lanes each living replica of a worker should hold: equal shares, with the remainder to the first
/// ones.
struct FairShare {
  /// The replica's index among the living ones; nil if it is not among them.
  let rank: Int?
  let quota: Int

  init(replica: String, living: [String], lanes: Int) {
    rank = living.firstIndex(of: replica)
    guard let rank else {
      quota = 0
      return
    }
    quota = lanes / living.count + (rank < lanes % living.count ? 1 : 0)
  }
}
