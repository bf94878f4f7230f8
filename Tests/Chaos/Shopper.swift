import Foundation
import Market
import NIOHTTP1
import Redis
import Testbed

/// A client of both ingresses: one wish after another, some of them sent twice, some of them nonsense.
struct Shopper: Sendable {
  let number: Int
  let seed: UInt64
  let ingresses: [HTTP]
  let catalogue: Catalogue
  let diary: Diary

  func run(_ pace: Pace) async {
    var pace = pace
    while let (turn, moment) = pace.next() {
      do { try await Task.sleep(until: moment, clock: .continuous) } catch { return }
      let place = number * 1_000_000 + turn
      var dice = Dice(seed: seed, .shopper, place)
      let second = Double(turn) * pace.period.seconds
      switch dice.roll(1...100) {
      case 1...7: await look(&dice, Wish.product(&dice, at: second))
      case 8...11: await babble(&dice)
      default:
        await ask(Wish.draw(&dice, number: place, at: second, of: catalogue), number: place, dice)
      }
    }
  }

  /// Sends a wish, sometimes repeatedly: at the same time, later, or because the answer was unclear.
  private func ask(_ wish: Wish, number place: Int, _ dice: Dice) async {
    var dice = dice
    if wish.kind.changesNumbers, dice.chance(30) { return await edit(wish, dice) }
    var wish = wish
    if let reserveid = wish.fields["reserveid"], wish.kind == .handover, dice.chance(90) {
      let page = await answer(.GET, "/reserves/\(reserveid)/code", nil, [:], from: dice.pick(ingresses))
      diary.count("GET code", page)
      if let code = page["code"].text { wish = wish.with("code", code) }
    }
    let (first, second) = dice.chance(50) ? (ingresses[0], ingresses[1]) : (ingresses[1], ingresses[0])
    let headers = preference(&dice)
    guard dice.chance(65) else {
      await send(wish, key: nil, headers, to: first)
      return
    }
    // Some look like the command ids that doors make.
    let key = dice.chance(5) ? "trade.commands/\(place)-0" : "key-\(place)"
    let retries = dice.chance(70)
    switch dice.roll(1...100) {
    case 1...10:
      async let one: Answer = send(wish, key: key, headers, to: first)
      async let other: Answer = send(wish, key: key, [:], to: second)
      _ = await (one, other)
    case 11...20:
      await send(wish, key: key, headers, to: first)
      try? await Task.sleep(for: dice.seconds(0...0.5))
      await send(wish, key: key, [:], to: dice.chance(50) ? first : second)
    default:
      let answer = await send(wish, key: key, headers, to: first)
      if answer.isOpen && retries {
        try? await Task.sleep(for: dice.seconds(0...0.3))
        await send(wish, key: key, [:], to: second)
      }
    }
  }

  /// Changes a page that was loaded a while ago, and sends all of it back.
  private func edit(_ wish: Wish, _ dice: Dice) async {
    var dice = dice
    let path = wish.call.path
    let page = await answer(.GET, path, nil, [:], from: dice.pick(ingresses))
    diary.count("GET", page)
    guard page.status == 200 else { return }
    try? await Task.sleep(for: dice.seconds(0...1))
    var item = page.item.compactMapValues { $0.text ?? $0.integer.map { "\($0)" } }
    // Sending a status back would ask for something else.
    item["status"] = nil
    item.merge(wish.fields) { $1 }
    let began = ContinuousClock.now
    let answer = await answer(.PUT, path, Self.json(item), [:], from: dice.pick(ingresses))
    diary.count("PUT", answer)
    diary.add(Diary.Call(wish: wish, key: nil, began: began, ended: .now, answer: answer))
  }

  private func preference(_ dice: inout Dice) -> HTTPHeaders {
    switch dice.roll(1...100) {
    case 1...10: ["Prefer": "respond-async"]
    case 11...15: ["Prefer": "wait=1"]
    default: [:]
    }
  }

  @discardableResult
  func send(_ wish: Wish, key: String?, _ headers: HTTPHeaders, to ingress: HTTP) async -> Answer {
    let began = ContinuousClock.now
    let (method, path, body) = wish.call
    var headers = headers
    if let key { headers.add(name: "Idempotency-Key", value: key) }
    let answer = await answer(method, path, body.flatMap(Self.json), headers, from: ingress)
    diary.add(Diary.Call(wish: wish, key: key, began: began, ended: .now, answer: answer))
    if let id = answer.id, answer.status == 201 || answer.isPending && wish.kind.creates {
      catalogue.add(id, wish.kind.entity, product: wish.productid)
    }
    return answer
  }

  /// Asks for the outcome of a request, long after it was admitted.
  func follow(_ operation: String) async {
    // A command id can contain a slash.
    let path = operation.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? operation
    let answer = await answer(
      .GET, "/operations/\(path)", nil, [:], from: ingresses[operation.count % 2])
    diary.count("GET operation", answer)
    let status = answer["status"].text ?? "unknown"
    if !["completed", "rejected"].contains(status) {
      diary.complain("The operation \(operation) is \(status) at the end (\(answer.name)).")
    }
  }

  private func look(_ dice: inout Dice, _ product: Int) async {
    let id = catalogue.id(of: .reserve, product: product, dice.roll(0...99)) ?? 1
    let path = dice.pick([
      "/reserves?size=5", "/reserves/\(id)", "/trades?size=3&sort=id,desc", "/inventories", "/mypages/abc",
      "/notices?size=5", "/operations/nothing",
    ])
    let answer = await answer(.GET, path, nil, [:], from: dice.pick(ingresses))
    diary.count("GET", answer)
    // Of a 500, `answer` has said what is to be said.
    if let status = answer.status, ![200, 404, 410, 500, 503].contains(status) {
      diary.complain("GET \(path) was answered with \(status).")
    }
  }

  /// Sends a call that must never reach a worker.
  private func babble(_ dice: inout Dice) async {
    let (path, body) = dice.pick([
      ("/reserves", "{"), ("/reserves", "[1]"), ("/reserves", "{}"), ("/trades", #"{"productid":"hundred"}"#),
      ("/trades", #"{"productid":1,"userid":"a","productname":"b","qty":0,"price":1}"#),
      ("/inventories", #"{"productid":1,"productname":"\u0000","qty":1}"#),
      ("/inventories", #"{"productid":1.5,"productname":"책","qty":1}"#),
      ("/reserves", #"{"address":"\#(String(repeating: "x", count: 100_000))"}"#),
    ])
    let answer = await answer(.POST, path, body, [:], from: dice.pick(ingresses))
    diary.count("nonsense", answer)
    if !answer.isOpen && !answer.isTurnedAway {
      diary.complain("POST \(path) \(body.prefix(60)) was answered with \(answer.name).")
    }
  }

  private func answer(
    _ method: HTTPMethod, _ path: String, _ body: String?, _ headers: HTTPHeaders, from ingress: HTTP
  ) async -> Answer {
    let reply = try? await ingress.call(method, path, body, headers: headers, timeout: .seconds(8))
    guard let reply else { return .broken }
    // A key of another type is one of the faults, and what is shown can need it.
    if reply.status == 500, !reply.text.contains("WRONGTYPE") {
      diary.complain("\(method) \(path) was answered with 500: \(reply.text)")
    }
    return Answer(reply)
  }

  private static func json(_ fields: [String: String]) -> String? {
    (try? JSONEncoder().encode(fields)).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension CommandKind {
  /// Whether it changes numbers that deals change too.
  fileprivate var changesNumbers: Bool { self == .changeTrade || self == .adjustStock }
}
