import NIOHTTP1
import Testbed

/// Calls as the front end makes them.
extension HTTP {
  func list(_ id: Int, product: Int, seller: String = "abc", qty: Int = 1) async throws -> Answer {
    try await post(
      "/trades",
      #"{"id":\#(id),"productid":"\#(product)","userid":"\#(seller)","productname":"애플워치","qty":"\#(qty)","price":"50000"}"#
    )
  }

  func register(_ id: Int, product: Int, qty: Int = 1) async throws -> Answer {
    try await post(
      "/inventories",
      #"{"id":\#(id),"productid":"\#(product)","productname":"애플워치","qty":"\#(qty)"}"#)
  }

  func reserve(
    product: Int, buyer: String, headers: HTTPHeaders = [:]
  ) async throws -> Answer {
    try await post(
      "/reserves",
      #"{"productid":"\#(product)","userid":"\#(buyer)","productname":"애플워치","qty":"1","reserveDt":"2024-04-04","address":"서울특별시 서초구 방배동","price":50000,"status":"예약완료"}"#,
      headers: headers)
  }
}
