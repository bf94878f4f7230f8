import Keys
import Lanes
import Market

/// A message to one user about one change.
struct Notice {
  let id: NoticeID
  /// The fields that its id does not contain.
  let fields: Fields

  /// Returns the notices of an event: to the buyer of its deal, and to the seller if one is known.
  static func all(
    of item: JournalEvent, to audience: Set<DealRole>, seller: SellerOfProduct?, in shard: Shard,
    withText: Bool
  ) -> [Notice] {
    guard let topic = NoticeTopic(type: item.event.type, status: item.event.status), !audience.isEmpty else {
      return []
    }
    var notices: [Notice] = []
    func tell(_ userid: String, as role: DealRole, productname: String) {
      let id = NoticeID(of: item.position, in: shard, to: userid, as: role)
      notices.append(Notice(item.event, topic, to: id, productname: productname, withText: withText))
    }
    let name = item.event.productname
    if let buyer = item.event.buyer, audience.contains(.buyer) { tell(buyer, as: .buyer, productname: name) }
    if let seller, audience.contains(.seller) {
      // Until the trade has told of a deal, its product has the name that the buyer gave it.
      let isBuyersWord = item.event.seller == nil && item.event.deal != nil
      tell(seller.userid, as: .seller, productname: isBuyersWord ? seller.productname ?? name : name)
    }
    return notices
  }

  private init(
    _ event: Event, _ topic: NoticeTopic, to id: NoticeID, productname: String, withText: Bool
  ) {
    self.id = id
    let reason = event.refusal?.rawValue ?? event.cause?.rawValue
    let reserveDt = event.deal?.terms?.reserveDt
    var fields = Fields()
    fields.pairs.reserveCapacity(9)
    fields.append("productid", "\(event.productid)")
    fields.append("productname", productname)
    fields.append("status", event.status?.rawValue ?? "")
    if withText {
      let text = NoticeText(
        topic, to: id.role, productname: productname, reason: reason, reserveDt: reserveDt)
      fields.append("message", text.korean)
    }
    fields.append("event", event.type)
    fields.append("reason", reason)
    fields.append("reserveDt", reserveDt)
    fields.append("reserveid", event.reserveid.map { String($0) })
    fields.append("tradeid", event.tradeid.map { String($0) })
    self.fields = fields
  }
}
