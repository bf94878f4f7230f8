import Keys
import Lanes

/// What a projection's lane remembers between batches. A new one is made whenever the lane is taken.
final class ProjectionLane {
  let shard: Shard
  let format: WrittenFormat
  /// The rows of my page, by reservation.
  var rows = KnownStates<MypageRow>()
  /// The sellers of products; an inner nil marks a product that nobody sells yet.
  var sellers = KnownStates<SellerOfProduct?>()
  var looks = NoticeLooks()
  /// How many notices were added to the shard's list since it was trimmed. So many that a new lane trims it first.
  var untrimmed = NoticeKeeping.slack

  init(shard: Shard, format: WrittenFormat = WrittenFormat()) {
    self.shard = shard
    self.format = format
  }
}
