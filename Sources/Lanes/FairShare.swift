/// How many lanes each living replica of a worker should hold: equal shares, with the remainder to the first
/// ones.
///
/// On a cluster, each server's lanes are shared by themselves. Then the remainders begin with another replica
/// for each server, or the first ones would get all of them.
struct FairShare {
  /// The replica's index among the living ones; nil if it is not among them.
  let rank: Int?
  let quota: Int

  /// - Parameter place: The place of the server among all servers.
  init(replica: String, living: [String], lanes: Int, place: Int = 0) {
    rank = living.firstIndex(of: replica)
    guard let rank else {
      quota = 0
      return
    }
    let remainder = lanes % living.count
    let turn = (rank + living.count - place * remainder % living.count) % living.count
    quota = lanes / living.count + (turn < remainder ? 1 : 0)
  }
}
