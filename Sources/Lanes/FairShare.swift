/// How many lanes each living replica of a worker should hold: equal parts, the rest to the first ones.
struct FairShare {
  /// The replica's place among the living; nil while it is not among them.
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
