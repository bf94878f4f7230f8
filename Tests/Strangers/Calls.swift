import Foundation
import NIOHTTP1
import Synchronization
import Testbed

/// Random calls, and what their answers may not say.
struct Calls: Sendable {
  private static let atOnce = 24

  let cast: Cast
  let http: HTTP
  let breaches: Breaches
  private let known = Known()

  init(of cast: Cast, to http: HTTP, _ breaches: Breaches) {
    self.cast = cast
    self.http = http
    self.breaches = breaches
  }

  func make(_ count: Int, seed: UInt64) async throws {
    try await withThrowingTaskGroup { tasks in
      for lane in 0..<Self.atOnce {
        tasks.addTask {
          var dice = SplitMix64(seed: seed &+ UInt64(lane) &* 0x1_0000_0000)
          for _ in stride(from: lane, to: count, by: Self.atOnce) { try await one(&dice) }
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func one(_ dice: inout SplitMix64) async throws {
    let player = dice.pick(dice.oneIn(10) ? cast.unknown : cast.players)
    let call = RandomCall(by: player, known, &dice)
    let answer = try await http.call(
      .init(rawValue: call.method), call.path, call.body, headers: call.headers)
    judge(answer, to: call, of: player)
  }

  private func judge(_ answer: HTTP.Answer, to call: RandomCall, of player: Cast.Player) {
    breaches.count("\(call.method) \(answer.status)")
    func breach(_ what: String) {
      breaches.note(
        "\(what): \(call.method) \(call.path) of “\(player.name)” \(call.body ?? "") → \(answer.status) "
          + answer.text.prefix(600))
    }
    if answer.status >= 500, ![501, 503, 505].contains(answer.status) { breach("a server's error") }
    if answer.status == 503 { breaches.count("503 \((try? answer.json["code"].text) ?? "")") }
    let isWrite = !["GET", "OPTIONS"].contains(call.method)
    if !player.isKnown, (200..<300).contains(answer.status), isWrite || call.method == "GET" && !call.isPublic
    {
      breach("done for nobody")
    }
    let json = try? answer.json
    if answer.status >= 400, json?["message"].text?.isEmpty != false, !answer.text.isEmpty {
      breach("no message")
    }
    if answer.text.contains("비밀["), let json { checkSecrets(in: json, for: player) { breach("told: \($0)") } }
    guard answer.status == 201, let json, let id = json["id"].integer else { return }
    known.add(id, to: String(call.path.dropFirst().prefix { $0 != "/" && $0 != "?" }), of: player)
    if let owner = json["userid"].text, owner != player.name, !player.isOperator {
      breach("made for \(owner)")
    }
  }

  /// Finds addresses that a player must not see: those of others, unless a deal with them runs or is completed.
  private func checkSecrets(in json: JSON, for player: Cast.Player, _ tell: (String) -> Void) {
    switch json {
    case .object(let members):
      if let text = members["address"]?.text, let owner = Self.owner(of: text), owner != player.name {
        let status = members["status"]?.text ?? ""
        let isForHandover = player.sells && ["거래진행중", "거래완료"].contains(status)
        if !player.isOperator, !isForHandover { tell("\(text) \(status)") }
      }
      for (name, value) in members where name != "address" {
        if let text = value.text, let owner = Self.owner(of: text), owner != player.name, !player.isOperator {
          tell("\(name) \(text)")
        }
        checkSecrets(in: value, for: player, tell)
      }
    case .array(let elements): for element in elements { checkSecrets(in: element, for: player, tell) }
    case .null, .bool, .number, .string: break
    }
  }

  private static func owner(of text: String) -> String? {
    guard let start = text.firstRange(of: "비밀[")?.upperBound else { return nil }
    return String(text[start...].prefix { $0 != "]" })
  }
}

/// The ids that calls have made.
final class Known: Sendable {
  private static let most = 400

  private let ids = Mutex<[String: [Int]]>([:])

  func add(_ id: Int, to collection: String, of player: Cast.Player) {
    ids.withLock { ids in
      ids["count"] = [(ids["count"]?.first ?? 0) + 1]
      for list in [collection, collection + player.name] {
        ids[list, default: []].append(id)
        if ids[list, default: []].count > Self.most { ids[list]?.removeFirst(Self.most / 2) }
      }
    }
  }

  /// Grows with what was made.
  var round: Int { ids.withLock { $0["count", default: []].first ?? 0 } / 40 }

  /// Returns an id of the player's own, or of anybody.
  func any(of collection: String, for player: Cast.Player, _ dice: inout SplitMix64) -> Int {
    let list = dice.oneIn(2) ? collection : collection + player.name
    let known = ids.withLock { $0[list] ?? $0[collection] ?? [] }
    return known.isEmpty || dice.oneIn(12) ? Int.random(in: 0...50, using: &dice) : dice.pick(known)
  }
}

extension SplitMix64 {
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }
}
