import Testbed
import Testing

@testable import Market

/// What some release has written, read as this one reads it.
@Suite struct FrozenFormTests {
  /// What is written again is the same, so nothing was passed over. If a later release has reasons to write a form
  /// otherwise, it compares the values instead; it must not change the file.
  @Test(arguments: try Golden.forms())
  func `every form that a release has written is read, and nothing of it is lost`(form: Golden.Form) throws {
    #expect(try Self.again(form) == form.text)
  }

  @Test func `no frozen form was changed`() throws { #expect(try Golden.changes() == []) }

  /// Reads a form, and returns how it is written again; nil if there is no reader of it.
  private static func again(_ form: Golden.Form) throws -> String? {
    let fields = Fields(golden: form.text)
    let parts = form.name.split(separator: "/").map(String.init)
    return switch (parts[0], parts[1]) {
    case ("commands", _): try command(fields)?.golden
    case ("events", _): try Event(fields: fields).fields.golden
    case ("states", "reservation"), ("states", "ended reservation"):
      try Reservation(fields: fields).fields.golden
    case ("states", "trade"), ("states", "ended trade"): try Listing(fields: fields).fields.golden
    case ("states", "product"): try ProductTrade(fields: fields).fields.golden
    case ("states", "stock"): try Stock(fields: fields).fields.golden
    case ("states", "stock of a seller"), ("states", "stock left over"), ("states", "seller"):
      try ProductStock(fields: fields).fields.golden
    case ("outcomes", "record waiting"):
      CommandRecord(stored: form.text) == nil ? CommandRecord.waiting : nil
    case ("outcomes", let name) where name.hasPrefix("record"):
      CommandRecord(stored: form.text).flatMap { $0.outcome.isEmpty || $0.result != nil ? $0.stored : nil }
    case ("outcomes", _): Outcome(packed: form.text)?.packed
    case ("words", let name):
      words(name).map { known in
        form.text.split(separator: "\n").filter { known.contains(String($0)) }.joined(separator: "\n")
      }
    case (_, _): nil
    }
  }

  /// Reads an entry among the commands as a deciding worker does.
  private static func command(_ fields: Fields) throws -> Fields? {
    if let timer = try Timer(fields: fields) { return timer.fields }
    if let asked = try ForgetUser(fields: fields) { return asked.fields }
    if let replayed = try ReplayedEvent(fields: fields) { return replayed.fields }
    let command = try Command(fields: fields), payload = command.payload
    let head =
      ["type": command.kind.rawValue, "id": "\(payload.id)", "productid": "\(payload.productid)"] as Fields
    return Fields(head.pairs + payload.details.pairs)
  }

  private static func words(_ name: String) -> [String]? {
    switch name {
    case "statuses": Status.allCases.map(\.rawValue)
    case "refusals": Refusal.allCases.map(\.rawValue)
    case "phases": RunningDeal.Phase.allCases.map(\.rawValue)
    case "roles": DealRole.allCases.map(\.rawValue)
    case "causes": CancelReason.allCases.map(\.rawValue)
    case "confirmations": Confirmation.allCases.map(\.rawValue)
    case "forgotten": [Forgotten.user]
    default: nil
    }
  }
}
