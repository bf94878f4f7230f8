import Foundation
import NIOHTTP1
import Testbed

/// One call as somebody could think of it: mostly well formed, about things of anybody.
struct RandomCall {
  let method: String
  let path: String
  let body: String?
  let headers: HTTPHeaders

  /// What everybody may read.
  var isPublic: Bool {
    path == "/"
      || ["/trades", "/inventories", "/liveness", "/readiness", "/actuator/health", "//", "/?"].contains {
        path.hasPrefix($0)
      }
  }

  init(by player: Cast.Player, _ known: Known, _ dice: inout SplitMix64) {
    let collection = dice.pick(["reserves", "trades", "inventories"])
    let id = known.any(of: collection, for: player, &dice)
    let name = dice.pick(
      (0..<6).map { "\(Cast.buyer)\($0)" } + (0..<3).map { "\(Cast.seller)\($0)" } + [
        "이웃0", "운영자", "a/b", "..", "{x}",
      ])
    let user = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let page =
      dice.oneIn(2) ? "" : "?page=\(dice.pick([0, 1, 7, 99_999]))&size=\(dice.pick([1, 20, 1000, 0]))"
    switch Int.random(in: 0..<40, using: &dice) {
    case 0..<9:
      (method, path) = ("POST", "/\(collection)")
    case 9..<13:
      (method, path) = (dice.pick(["PUT", "PATCH"]), "/\(collection)/\(id)")
    case 13..<15:
      (method, path) = ("PUT", "/reserves/\(known.any(of: "reserves", for: player, &dice))/reservecancel")
    case 15..<18:
      (method, path) = ("POST", "/trades/\(known.any(of: "trades", for: player, &dice))/handover")
    case 18:
      (method, path) = ("DELETE", "/\(collection)/\(id)")
    case 19..<25:
      (method, path) = ("GET", "/\(collection)/\(id)")
    case 25..<28:
      let sort =
        dice.oneIn(4)
        ? "\(page.isEmpty ? "?" : "&")sort=\(dice.pick(["id", "address", "price", "x"])),desc" : ""
      (method, path) = ("GET", "/\(collection)\(page)\(sort)")
    case 28..<31:
      (method, path) = ("GET", "/mypages/\(user)\(page)")
    case 31..<33:
      (method, path) = ("GET", dice.oneIn(3) ? "/notices\(page)" : "/notices?userid=\(user)")
    case 33..<35:
      let notice =
        "\(Int.random(in: 0...7, using: &dice))-1795\(Int.random(in: 0...999, using: &dice))-0-b-\(user)"
      (method, path) = ("GET", "/notices/\(notice)")
    case 35..<37:
      (method, path) = ("GET", "/operations/\(dice.pick(["key:k1", "key:x/k1", "h-1", "operator:a"]))")
    case 37:
      (method, path) = (
        dice.pick(["GET", "PUT"]), dice.pick(["/metrics", "/actuator/down", "/actuator/health"])
      )
    default:
      (method, path) = (
        dice.pick(["GET", "POST", "DELETE", "OPTIONS", "TRACE"]),
        dice.pick(["/", "//", "/reserves/", "/reserves/%00", "/mypages/%25", "/trades/1/handover/x", "/?x=%"])
      )
    }
    body = ["POST", "PUT", "PATCH"].contains(method) ? Self.body(for: path, by: player, known, &dice) : nil
    var headers: HTTPHeaders = [:]
    if let credentials = player.credentials { headers.add(name: "Authorization", value: credentials) }
    if dice.oneIn(4) {
      headers.add(name: "Idempotency-Key", value: "k\(Int.random(in: 0...300, using: &dice))")
    }
    if dice.oneIn(3) {
      headers.add(name: "Prefer", value: dice.pick(["respond-async", "wait=1", "wait=-1", "x"]))
    }
    if dice.oneIn(6) {
      headers.add(name: "If-Match", value: dice.pick(["*", "\"1\"", "\"1-0-0\"", "W/\"1\"", "x"]))
    }
    if dice.oneIn(8) {
      headers.add(name: "X-Forwarded-For", value: dice.pick(["127.0.0.1", "::1, 10.0.0.1", "x"]))
    }
    if dice.oneIn(8) { headers.add(name: "X-Forwarded-Host", value: dice.pick(["evil.example", "a b", ""])) }
    if dice.oneIn(8) { headers.add(name: "Origin", value: dice.pick(["null", "https://evil.example", "*"])) }
    if dice.oneIn(8) {
      headers.add(name: "Accept-Language", value: dice.pick(["en", "ko", "en;q=x, *", ""]))
    }
    self.headers = headers
  }

  private static func body(
    for path: String, by player: Cast.Player, _ known: Known, _ dice: inout SplitMix64
  ) -> String? {
    if dice.oneIn(20) {
      return dice.pick(["", "{", "[]", "null", "\"x\"", "{\"id\":}", String(repeating: "[", count: 5000)])
    }
    // Few products at a time, so that users meet; sellers mostly keep to their own. Ever new ones, as they are sold.
    let round = known.round
    let own = player.name.last.flatMap { Int(String($0)) } ?? 0
    let product = 10 * round + (player.sells && !dice.oneIn(6) ? own : Int.random(in: 0...2, using: &dice))
    var members: [(String, String)] = [
      ("productid", dice.oneIn(2) ? "\(product)" : "\"\(product)\""), ("productname", "\"자전거 \(product)\""),
      ("qty", "\(dice.pick([1, 1, 2, 5]))"), ("price", "50000"), ("reserveDt", "\"2024-04-04\""),
      // What an operator writes can be anybody's.
      ("address", player.isOperator ? "\"서울\"" : "\"비밀[\(player.name)] 서울\""),
    ]
    // Who only buys or owns nothing never sells.
    if path == "/trades", !player.sells { members.removeAll { $0.0 == "productname" } }
    if path == "/reserves", !player.buys { members.removeAll { $0.0 == "reserveDt" } }
    if player.isOperator { members.append(("userid", "\"\(Cast.seller)0\"")) }
    if dice.oneIn(6) {
      members.append(("userid", "\"\(dice.pick([player.name, "\(Cast.buyer)0", "", " ", "운영자"]))\""))
    }
    if dice.oneIn(8) {
      members += [
        ("actor", "\"\(Cast.buyer)1\""), ("operator", "\"1\""), ("commandid", "\"x\""), ("replyto", "\"x\""),
      ]
    }
    if dice.oneIn(5) {
      members.append(("id", "\(known.any(of: String(path.dropFirst()), for: player, &dice))"))
    }
    if dice.oneIn(6) { members.append(("status", "\"\(dice.pick(["예약취소", "거래완료", "판매종료", "재고종료", "x"]))\"")) }
    if dice.oneIn(6) { members.append(("version", "\(Int.random(in: 0...4, using: &dice))")) }
    if dice.oneIn(6) { members.append(("reserveid", "\(known.any(of: "reserves", for: player, &dice))")) }
    if dice.oneIn(6) { members.append(("once", "\"1\"")) }
    for _ in 0..<(dice.oneIn(3) ? Int.random(in: 1...3, using: &dice) : 0) {
      let place = Int.random(in: 0..<members.count, using: &dice)
      switch Int.random(in: 0..<3, using: &dice) {
      case 0: if members.count > 1 { members.remove(at: place) }
      case 1:
        members[place].1 = dice.pick([
          "null", "-1", "1e99", "\"\"", "[]", "{\"a\":{}}", "99999999999999999999", "\"\\u202e\\u0000\"",
          "true",
          "\"\(String(repeating: "가", count: 501))\"",
        ])
      default: members.append(members[place])
      }
    }
    return "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
  }
}
