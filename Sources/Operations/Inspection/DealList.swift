import Keys
import Lanes
import Market
import Redis

/// The newest deals of a user, as their my page has them.
package struct DealList: Sendable {
  package struct Deal: Encodable, Sendable {
    package let reserveid: Int
    package let tradeid: Int?
    package let productid: Int
    package let productname: String
    /// `buyer` or `seller`.
    package let role: String
    package let status: String?
    /// When the reservation was made, ISO 8601 in UTC.
    package let begun: String
  }

  /// How many deals there are.
  package let count: Int
  /// The newest ones, the newest first.
  package let deals: [Deal]

  package init(of userid: String, limit: Int, _ connection: any RedisLink) throws(RedisError) {
    let key = Key.mypage(of: userid)
    count = try connection.call("ZCARD", key).integer ?? 0
    let names = try connection.call("ZRANGE", key, "0", "\(limit - 1)", "REV").compactMap(\.string)
    let rows = names.compactMap { MypageRowID($0) }
    var deals: [Deal] = []
    try connection.askEach(rows) {
      RESPWords("HGET", Key.mypageRows(of: $0.reserveid, in: $0.shard), "\($0.reserveid)")
    } _: { (id, reply) throws(RedisError) in
      // What cannot be read is the audit's business.
      guard let text = try reply.get().string,
        let row = try? MypageRow(packed: text, reserveid: id.reserveid)
      else { return }
      deals.append(
        Deal(
          reserveid: id.reserveid, tradeid: row.deal.tradeid, productid: row.deal.productid,
          productname: row.deal.productname, role: id.role == .buyer ? "buyer" : "seller",
          status: row.status?.rawValue,
          begun: EntryID(milliseconds: UInt64(max(0, row.begun)), sequence: 0).timestamp))
    }
    self.deals = deals
  }
}
