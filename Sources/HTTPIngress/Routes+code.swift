import Hummingbird
import Keys
import Lanes
import Market
import Redis

extension Routes {
  /// Adds the code that the buyer of a running deal tells the seller.
  func addCode(to router: Router<Context>) {
    add(
      "/reserves/:id/code", to: router,
      [
        .get: Endpoint(for: .users) { request, context in
          let id = try context.id()
          let reserve = try await reads.item(.reserve, id)
          try context.viewer.requireOwner(reserve["userid"])
          guard let codes = options.codes, let code = try await reads.code(ofReserve: reserve, by: codes)
          else {
            throw Problem(
              .noCode,
              "Reservation \(id) has no code: its deal does not run, or is confirmed in another way.",
              message: "인계 코드가 없는 예약입니다.")
          }
          let baseURL = BaseURL(request)
          return Response { json in
            json.write("reserveid", id)
            json.write("code", code)
            json.object("_links") { json in
              json.link("self", baseURL.href("/reserves/\(id)/code"))
              json.link("reserve", baseURL.href("/reserves/\(id)"))
            }
          }
        }.knowing(archive: .reserve, reads)
      ])
  }
}

extension Reads {
  /// Returns the code of a reservation's deal; nil unless the deal runs and is confirmed by a code.
  func code(ofReserve reserve: Fields, by codes: HandoverCodes) async throws -> String? {
    guard let id = reserve["id"].flatMap({ Int($0) }),
      let productid = reserve["productid"].flatMap({ Int($0) })
    else { return nil }
    let key = Key.product(productid, in: .of(productid: productid, among: shards))
    let ask = Commands("HGET", key, "\(ProductTrade.runningPrefix)\(id)")
    let deal = try await redis.send(ask).first?.get().string.flatMap { Fields(packed: $0) }
    guard let deal, deal["confirm"] == Confirmation.code.rawValue,
      let arrived = deal["arrived"].flatMap({ EntryID($0) })
    else { return nil }
    return codes.code(of: id, arrived: arrived)
  }
}
