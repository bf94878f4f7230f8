import Lanes

/// What a lane of a projection knows from batch to batch. Made anew whenever the lane is taken.
final class ProjectionLane {
  let shard: Shard
  /// My page's rows, by their reservations.
  var rows = KnownStates<MypageRow>()
  /// Who sells the products; nil inside for those that nobody sells yet.
  var sellers = KnownStates<String?>()
  var looks = NoticeLooks()

  init(shard: Shard) { self.shard = shard }
}
