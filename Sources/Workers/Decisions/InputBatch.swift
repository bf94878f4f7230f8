import Lanes
import Market

/// The decoded commands and events of a batch, and the states they are about.
struct InputBatch<Rules: Decider> {
  /// A class, because it is large and handed on from step to step.
  final class Item {
    let input: Input<Rules.Command>
    let position: EntryID
    /// The caller, if it is a command.
    let caller: Caller?
    /// The index of its state in `ids`.
    let place: Int
    /// The index of its entry in the batch.
    let entry: Int

    init(_ input: Input<Rules.Command>, at position: EntryID, of caller: Caller?, place: Int, entry: Int) {
      self.input = input
      self.position = position
      self.caller = caller
      self.place = place
      self.entry = entry
    }
  }

  private(set) var items: [Item] = []
  /// The ids of the states that are needed to decide, each once.
  private(set) var ids: [Int] = []
  /// The ids of the commands that can have an outcome already, each once.
  private(set) var commandids: [String] = []
  private var places: [Int: Int] = [:]

  /// Decodes the entries; unreadable ones become dead letters.
  ///
  /// - Parameter streams: the streams that `Entry.stream` refers to; the journal comes first.
  init(_ entries: [Entry], of streams: [String], _ commit: inout Commit) {
    var asked: Set<String> = []
    for (number, entry) in entries.enumerated() {
      do throws(FieldError) {
        guard let (input, caller, position) = try Self.read(entry), let id = Rules.subject(of: input) else {
          continue
        }
        items.append(Item(input, at: position, of: caller, place: place(of: id), entry: number))
        if let caller, asked.insert(caller.commandid).inserted { commandids.append(caller.commandid) }
      } catch {
        commit.putAside(entry, from: streams[entry.stream], because: error)
      }
    }
  }

  private mutating func place(of id: Int) -> Int {
    if let known = places[id] { return known }
    places[id] = ids.count
    ids.append(id)
    return ids.count - 1
  }

  /// Decodes an entry; nil for an event that the worker does not listen to.
  private static func read(
    _ entry: Entry
  ) throws(FieldError) -> (Input<Rules.Command>, Caller?, EntryID)? {
    if entry.stream == 0 {
      if let type = entry.value("type")?.string, !Rules.listensTo.contains(type) {
        guard Event.types.contains(type) else { throw Event.unknown(type) }
        return nil
      }
      return (.event(try Event(fields: entry.fields())), nil, entry.id)
    }
    let fields = try entry.fields()
    let command: Command
    do {
      command = try Command(fields: fields)
    } catch {
      // Try the rest only if it is not a command, so that commands are not searched for marks.
      if let timer = try Timer(fields: fields) { return (.time(timer), nil, entry.id) }
      if let asked = try ForgetUser(fields: fields) {
        let caller = try Caller(fields: fields)
        return (.forget(asked, caller), caller, entry.id)
      }
      guard let replayed = try ReplayedEvent(fields: fields) else { throw error }
      guard Rules.listensTo.contains(replayed.event.type) else { return nil }
      return (.event(replayed.event), nil, replayed.position)
    }
    guard let own = Rules.Command(command) else {
      throw FieldError(
        field: "type", reason: .notAllowed,
        message: "\(command.kind.rawValue) is not a command of the \(Rules.worker.rawValue) worker.")
    }
    let caller = try Caller(command: fields, kind: own.kind)
    return (.command(own, caller), caller, entry.id)
  }
}

extension Input {
  /// Whether something can leave for the archive because of it.
  var canArchive: Bool {
    switch self {
    case .time(let timer): timer.kind == .ended
    case .event(let event): if case .listing(.tradeArchived, _) = event.fact { true } else { false }
    case .command(let command, _): command.kind == .withdrawStock
    case .forget: false
    }
  }
}

extension InputBatch.Item {
  /// What the command names by its id, which its outcome shows. What was remembered from earlier commands names the
  /// same as the worker's other commands.
  var entity: Entity {
    if case .command(let command, _) = input { command.kind.entity } else { Rules.worker.entity }
  }

  /// The id of the item that it creates, if it creates one.
  var newID: Int? {
    guard case .command(let command, _) = input, command.kind.creates else { return nil }
    return command.id
  }

  /// Returns the id of the former listing that it is about; nil if it is about the state.
  func formerID(besides state: Rules.State) -> Int? { Rules.formerID(in: input, besides: state) }
}
