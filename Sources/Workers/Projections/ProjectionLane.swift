import Keys
import Lanes

/// What a projection's lane remembers between batches. A new one is made whenever the lane is taken.
final class ProjectionLane {
  let shard: Shard
  /// The rows of my page, by reservation.
  var rows = KnownStates<MypageRow>()
  /// The sellers of products; an inner nil marks a product that nobody sells yet.
  var sellers = KnownStates<SellerOfProduct?>()
  var looks = NoticeLooks()

  init(shard: Shard) { self.shard = shard }
}
