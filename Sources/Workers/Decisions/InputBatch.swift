import Lanes
import Market

/// The commands and events of a batch, decoded, and which states they are about.
struct InputBatch {
  struct Item {
    let input: Input
    let position: EntryID
    /// Who asked for it, if it is a command.
    let caller: Caller?
    /// The place of its state among `ids`.
    let place: Int
    /// The place of its entry in the batch.
    let entry: Int
  }

  private(set) var items: [Item] = []
  /// The states that it takes to decide, each once.
  private(set) var ids: [Int] = []
  /// The commands whose outcome may be known already, each once.
  private(set) var commandids: [String] = []
  private var places: [Int: Int] = [:]

  /// Reads the entries; what cannot be read goes to the dead letters.
  ///
  /// - Parameters:
  ///   - streams: what `Entry.stream` means; the journal comes first.
  ///   - listensTo: the events that are taken, the others are passed over.
  ///   - id: which state an input is about.
  init(
    _ entries: [Entry], of streams: [String], for worker: DecidingWorker, listensTo: Set<String>,
    about id: (Input) -> Int, _ commit: inout Commit
  ) {
    var asked: Set<String> = []
    for (number, entry) in entries.enumerated() {
      do throws(FieldError) {
        guard let (input, caller, position) = try Self.read(entry, worker, listensTo) else { continue }
        items.append(
          Item(input: input, position: position, caller: caller, place: place(of: id(input)), entry: number))
        if let caller, asked.insert(caller.commandid).inserted { commandids.append(caller.commandid) }
      } catch {
        commit.putAside(entry, from: streams[entry.stream], isJournal: entry.stream == 0, because: error)
      }
    }
  }

  private mutating func place(of id: Int) -> Int {
    if let known = places[id] { return known }
    places[id] = ids.count
    ids.append(id)
    return ids.count - 1
  }

  /// Nil for an event that the worker does not listen to.
  private static func read(
    _ entry: Entry, _ worker: DecidingWorker, _ listensTo: Set<String>
  ) throws(FieldError) -> (Input, Caller?, EntryID)? {
    if entry.stream == 0 {
      if let type = entry.value("type")?.string, !listensTo.contains(type) {
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
      // Only what is no command can be an event: so the usual ones are not searched for the mark of a replay.
      guard let replayed = try ReplayedEvent(fields: fields) else { throw error }
      return listensTo.contains(replayed.event.type) ? (.event(replayed.event), nil, replayed.position) : nil
    }
    let kind = command.kind
    guard kind.worker == worker else {
      throw FieldError(
        field: "type", reason: .notAllowed,
        message: "\(kind.rawValue) is no command of the \(worker.rawValue) worker.")
    }
    let caller = try Caller(command: fields, kind: kind)
    return (.command(command, caller), caller, entry.id)
  }
}

extension InputBatch.Item {
  /// The id that it is to give to something new.
  var newID: Int? {
    guard case .command(let command, _) = input, command.kind.creates else { return nil }
    return command.id
  }

  /// The listing that it can only mean if there was one before the one in `state`.
  func formerID<Rules: Decider>(_ rules: Rules.Type, in state: Rules.State) -> Int? {
    guard case .command(let command, _) = input, Rules.isFormer(command, in: state) else { return nil }
    return command.id
  }
}
