import Keys
import Market

/// The differences of one part of the system. All are counted; the first ones are kept.
struct Findings {
  struct Tally {
    private(set) var count = 0
    private(set) var first: [Difference] = []

    mutating func add(_ difference: Difference) {
      count += 1
      if first.count < Findings.kept { first.append(difference) }
    }
  }

  /// How many differences of each tally are kept.
  static let kept = 100

  /// Violations of rules that always hold, also while the lanes work.
  private(set) var always = Tally()
  /// Violations of rules that hold only for a system at rest.
  private(set) var whenIdle = Tally()
  /// The read models' records to rebuild.
  private(set) var broken: Set<BrokenView> = []
  /// What was lost, and can be made again. Only for a system at rest.
  private(set) var remedies: [Remedy] = []

  mutating func add(_ code: Difference.Code, _ key: String, _ message: String) {
    always.add(Difference(code: code, key: key, message: message))
  }

  mutating func addWhenIdle(_ code: Difference.Code, _ key: String, _ message: String) {
    whenIdle.add(Difference(code: code, key: key, message: message))
  }

  /// Adds a difference in a read model.
  mutating func add(_ code: Difference.Code, _ view: BrokenView, _ message: String) {
    broken.insert(view)
    addWhenIdle(code, view.name, message)
  }

  /// Adds what mends a difference.
  mutating func add(_ remedy: Remedy) { remedies.append(remedy) }

  /// Compares a stored state with the expected one, field by field.
  mutating func compare(_ found: Fields, with expected: Fields, at key: String, besides ignored: Set<String>)
  {
    if found.isEmpty || expected.isEmpty {
      if found.isEmpty && !expected.isEmpty {
        addWhenIdle(.state, key, "It is missing, though its events made it.")
      }
      if !found.isEmpty && expected.isEmpty {
        addWhenIdle(.state, key, "It exists, though no event made it.")
      }
      return
    }
    let names = expected.map(\.name) + found.map(\.name).filter { expected[$0] == nil }
    for name in names where !ignored.contains(name) && found[name] != expected[name] {
      addWhenIdle(
        .state, key, "\(name) is \(shown(found[name])), but its events make it \(shown(expected[name])).")
    }
  }
}

/// A read model's record that differs from what the journal implies.
package struct BrokenView: Hashable, Sendable {
  /// The kind of a record.
  package enum Kind: Sendable {
    /// A notice in its user's hash.
    case notice
    /// A reservation's row in a hash of my page.
    case row
    /// The name of a row in a user's sorted set.
    case listing
  }

  package let kind: Kind
  package let key: String
  package let member: String

  /// The key and the member, as in a Redis command.
  var name: String { "\(key) \(member)" }

  init(noticeOf userid: String, _ name: String) {
    self.init(.notice, Key.notices(of: userid), name)
  }

  init(_ kind: Kind, _ key: String, _ member: String) {
    self.kind = kind
    self.key = key
    self.member = member
  }
}

/// Formats a value for a message.
func shown(_ value: String?) -> String {
  guard let value else { return "absent" }
  return "“\(value.replacing("\t", with: " "))”"
}
