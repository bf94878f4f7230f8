import Doors
import Market
import Testbed

/// Checks every call of the ingresses against what Redis holds.
struct CallAccount {
  private let ledger: Ledger
  private let losses: Losses
  private(set) var differences: [String] = []
  /// Requests whose command or outcome is gone, or is another one, which a killed master explains.
  private(set) var excused: Set<String> = []

  init(_ calls: [Diary.Call], _ ledger: Ledger, _ losses: Losses) {
    self.ledger = ledger
    self.losses = losses
    var byKey: [String: [Diary.Call]] = [:]
    var byTrace: [String: [Diary.Call]] = [:]
    for call in calls {
      if let key = call.key {
        byKey[key, default: []].append(call)
      } else {
        byTrace[call.wish.trace, default: []].append(call)
      }
    }
    for (key, calls) in byKey { settle(calls, of: key) }
    settleNameless(byTrace)
    for call in calls where call.answer.status == 201 {
      settleMade(call, of: call.key.flatMap { byKey[$0] } ?? byTrace[call.wish.trace] ?? [call])
    }
  }

  /// Records that something is gone that clients were told of, or came about a second time under the same key and
  /// ended differently.
  ///
  /// - Parameter calls: All copies of the request.
  private mutating func miss(
    _ what: String, _ call: Diary.Call, of calls: [Diary.Call], _ message: String
  ) {
    if calls.contains(where: losses.concern) {
      excused.insert(call.key ?? call.wish.trace)
    } else {
      differ(what, call, message)
    }
  }

  private mutating func differ(_ what: String, _ call: Diary.Call, _ message: String) {
    differences.append(
      "\(what) (\(call.wish.trace), product \(call.wish.productid), answer \(call.answer.name)): \(message)")
  }

  /// Checks that all copies of a request together had one effect, and one answer.
  private mutating func settle(_ calls: [Diary.Call], of key: String) {
    guard let call = calls.first else { return }
    let commandid = CommandName.key(key)
    let (commands, endings) = (ledger.commands[commandid] ?? [], ledger.endings[commandid] ?? [])
    if endings.count > 1 { differ(key, call, "it has \(endings.count) outcomes.") }
    let items = calls.filter { $0.answer.isDone && $0.answer.status != 204 }.map(\.answer.item)
    if let item = items.first, let other = items.first(where: { !$0.isSame(as: item) }) {
      miss(key, call, of: calls, "its copies were answered with \(item.shown) and \(other.shown).")
    }
    if calls.allSatisfy(\.answer.isTurnedAway), !commands.isEmpty,
      !calls.contains(where: { $0.answer.code == "stillRunning" })
    {
      differ(
        key, call, "it was turned away (\(call.answer.code ?? "")), but stands in \(commands[0].stream).")
    }
    for call in calls { settle(call, of: calls, commands, endings, as: key) }
  }

  /// Checks one answer against its command.
  private mutating func settle(
    _ call: Diary.Call, of calls: [Diary.Call], _ commands: [Ledger.Command], _ endings: [Ledger.Ending],
    as what: String
  ) {
    let answer = call.answer
    guard answer.isDone || answer.isPending || answer.refusal != nil else { return }
    guard let ending = endings.first, let command = commands.first else {
      return miss(what, call, of: calls, "nothing is known of its command.")
    }
    if answer.isDone, let refusal = ending.refusal {
      miss(what, call, of: calls, "it was refused: \(refusal).")
    }
    if let refusal = answer.refusal, refusal != ending.refusal {
      miss(
        what, call, of: calls,
        "it was told \(refusal), but its outcome is \(ending.refusal ?? ending.event.type).")
    }
    // Of several copies with ids from the door, the first one is carried out.
    if answer.isDone || answer.isPending, let id = answer.id, id != command.id {
      miss(what, call, of: calls, "it was told of id \(id), but its command is about id \(command.id).")
    }
  }

  /// Checks calls without a key by the content of their commands: as many commands as calls, as many outcomes
  /// as answers.
  private mutating func settleNameless(_ byTrace: [String: [Diary.Call]]) {
    var made: [String: [String]] = [:]
    for (commandid, commands) in ledger.commands where commandid.hasPrefix("h-") {
      guard let command = commands.first else { continue }
      let mark = ["address", "productname"].compactMap { command.fields[$0] }.first { $0.contains(" #") }
      let trace = mark ?? "\(command.fields["type"] ?? "") \(command.id)"
      made[trace, default: []].append(commandid)
    }
    for (trace, commandids) in made where byTrace[trace] == nil {
      differences.append("\(trace): nobody sent the commands \(commandids).")
    }
    for (trace, calls) in byTrace {
      guard let call = calls.first else { continue }
      let endings = (made[trace] ?? []).map { ledger.endings[$0] ?? [] }
      let count = { (isMeant: (Answer) -> Bool) in calls.count { isMeant($0.answer) } }
      let open = count { $0.isOpen || $0.isPending }
      let (done, refused) = (count(\.isDone), count { $0.refusal != nil })
      let (carriedOut, rejected) = (
        endings.count { $0.first?.refusal == nil }, endings.count { $0.first?.refusal != nil }
      )
      if endings.contains(where: { $0.count != 1 }) { differ(trace, call, "a command has not one outcome.") }
      if !(done...done + open).contains(carriedOut) {
        miss(
          trace, call, of: calls,
          "\(done) of \(calls.count) calls were told it was done; it was \(carriedOut) times.")
      }
      if !(refused...refused + open).contains(rejected) {
        miss(
          trace, call, of: calls, "\(refused) calls were told it was refused; it was \(rejected) times.")
      }
      if endings.count > calls.count {
        differ(trace, call, "\(calls.count) calls made \(endings.count) commands.")
      }
      for call in calls where call.answer.isPending {
        let commandid = call.answer.commandid ?? ""
        settle(
          call, of: calls, ledger.commands[commandid] ?? [], ledger.endings[commandid] ?? [], as: commandid)
      }
    }
  }

  /// Checks that a 201 showed what was requested, and what was created.
  private mutating func settleMade(_ call: Diary.Call, of calls: [Diary.Call]) {
    let (wish, answer) = (call.wish, call.answer)
    for (name, value) in wish.fields where answer[name].shown != value {
      differ("201", call, "\(name) was \(value), but the answer says \(answer[name].shown).")
    }
    guard answer["productid"].integer == wish.productid, let id = answer.id, wish.id == nil || wish.id == id
    else { return differ("201", call, "the answer is about something else: \(answer.item.shown).") }
    let made = ledger.made[Ledger.Thing(entity: wish.kind.entity, id: id)] ?? []
    if made.isEmpty {
      miss("201", call, of: calls, "\(wish.kind.entity.rawValue) \(id) was not made.")
    } else if made.count > 1 || made.first?.productid != wish.productid {
      differ("201", call, "\(wish.kind.entity.rawValue) \(id) was made \(made.count) times.")
    }
    for (name, value) in wish.fields {
      if let kept = made.first?.fields[name], kept != value {
        miss("201", call, of: calls, "\(name) was \(value), but \(kept) is kept.")
      }
    }
  }
}

extension [String: JSON] {
  fileprivate var shown: String {
    sorted { $0.key < $1.key }.map { "\($0) \($1.shown)" }.joined(separator: ", ")
  }
}

extension JSON {
  /// A string or a number as text.
  fileprivate var shown: String { text ?? integer.map { "\($0)" } ?? "" }
}

extension [String: JSON] {
  /// Whether two answers show the same item. An outcome lacks what only the reservation knows, such as its address: a
  /// copy that is answered after that has left shows the rest, which takes months where people use it.
  fileprivate func isSame(as other: Self) -> Bool {
    guard self["address"]?.text == "" || other["address"]?.text == "" else { return self == other }
    return allSatisfy { name, value in
      ["address", "reserveDt", "version"].contains(name) || other[name] == nil || other[name] == value
    }
  }
}
