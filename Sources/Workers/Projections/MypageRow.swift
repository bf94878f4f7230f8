import Lanes
import Layout
import Market
import Redis

/// One row of a user's my page: one reservation, seen by its buyer or its seller.
struct MypageRow {
  /// Applies events to a row, unless the row has already seen them.
  ///
  /// `KEYS` the row, the user's list; `ARGV` position, member, score, times of the first and the last event, then
  /// names and values.
  static let script = Script(
    """
    local seen=redis.call('HGET',KEYS[1],'position')
    if seen and seen>=ARGV[1] then return 0 end
    redis.call('HSETNX',KEYS[1],'createdAt',ARGV[4])
    redis.call('HSET',KEYS[1],'position',ARGV[1],'updatedAt',ARGV[5],unpack(ARGV,6))
    return redis.call('ZADD',KEYS[2],'NX',ARGV[3],ARGV[2])
    """)

  let userid: String
  let reserveid: Int
  let role: DealRole
  /// Where the row begins, as far as this batch knows.
  private var first: EntryID?
  private var position = EntryID.zero
  private var values: [String: String] = [:]

  init(userid: String, reserveid: Int, role: DealRole) {
    self.userid = userid
    self.reserveid = reserveid
    self.role = role
  }

  var key: String { Key.mypage(of: userid, row: member) }

  /// The row's place in the user's list.
  var member: String { "\(reserveid):\(role == .buyer ? "buyer" : "seller")" }

  /// Takes in the next event of the reservation.
  mutating func apply(_ event: Event, _ deal: Deal, at position: EntryID) {
    self.position = position
    first = first ?? position
    for (name, value) in [
      ("reserveid", "\(reserveid)"), ("productid", "\(deal.productid)"), ("productname", deal.productname),
      ("qty", "\(deal.qty)"), ("price", "\(deal.price)"), ("reserveDt", deal.reserveDt),
      ("address", deal.address), ("role", role.rawValue), ("userid", userid), ("buyer", deal.userid),
    ] {
      values[name] = value
    }
    if let seller = deal.seller { values["seller"] = seller }
    if let tradeid = deal.tradeid { values["tradeid"] = "\(tradeid)" }
    switch event.fact {
    case .deal(let step, _): apply(step)
    case .hold(let step, _, _): values["stockStatus"] = step.status.rawValue
    default: break
    }
  }

  private mutating func apply(_ step: DealStep) {
    let status = step.status?.rawValue
    // A cancel that is only asked for may be refused: until then the deal is what it was.
    if step != .reserveCancelRequested, let status { values["status"] = status }
    switch step {
    case .reserveCompleted, .reserveCancelRequested, .reserveCanceled:
      values["reserveStatus"] = status
    case .tradeStarted, .tradeWaiting:
      values["tradeStatus"] = status
      // A seller's row begins here, with a reservation that was complete before.
      if role == .seller { values["reserveStatus"] = values["reserveStatus"] ?? Status.reserved.rawValue }
    case .tradeRejected, .tradeCompleted:
      values["tradeStatus"] = status
    case .tradeCanceled:
      values["tradeStatus"] = Status.canceled.rawValue
    case .cancelRefused:
      values["reserveStatus"] = Status.reserved.rawValue
    case .reserveChanged, .reserveDeleted, .handoverRequested:
      break
    }
  }

  /// The call that applies all of it to the stored row.
  func call(digest: String) -> Words {
    var words = Words("EVALSHA", digest, "2", key, Key.mypage(of: userid))
    words.add(position.sortable)
    words.add(member)
    let first = first ?? position
    words.add(Int(first.milliseconds))
    words.add(first.timestamp)
    words.add(position.timestamp)
    for (name, value) in values {
      words.add(name)
      words.add(value)
    }
    return words
  }
}
