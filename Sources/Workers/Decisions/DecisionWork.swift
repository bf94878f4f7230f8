import Lanes
import Layout
import Market
import Redis

/// One batch of commands and events: decode, load the states in one round, decide, commit.
struct DecisionWork<Rules: Aggregate>: LaneWork {
  private struct Item {
    let input: Input
    let position: EntryID

    var caller: Caller? {
      if case .command(_, let caller) = input { caller } else { nil }
    }
  }

  private struct Slot {
    let loaded: Fields
    let before: Rules.State
    var state: Rules.State
  }

  private let shard: Shard
  private let streams: [String]
  private let batch: [Entry]
  private var items: [Item] = []
  private var ids: [Int] = []
  private var commandids: [String] = []
  private var isLoaded = false

  init(shard: Shard, streams: [String], batch: [Entry]) {
    self.shard = shard
    self.streams = streams
    self.batch = batch
  }

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    if isLoaded { return try decide(replies, &commit) }
    isLoaded = true
    for entry in batch { read(entry, &commit) }
    load(&commands)
  }

  /// Turns an entry into an input; what cannot be read goes to the dead letters.
  private mutating func read(_ entry: Entry, _ commit: inout Commit) {
    let isEvent = entry.stream == 0
    if isEvent, let type = entry.value("type")?.string, !Rules.listensTo.contains(type) { return }
    do throws(FieldError) {
      let fields = try entry.fields()
      let input: Input =
        isEvent
        ? .event(try Event(fields: fields)) : .command(try command(fields), try Caller(fields: fields))
      items.append(Item(input: input, position: entry.id))
    } catch {
      commit.addDeadLetter(entry, from: streams[entry.stream], because: error)
    }
  }

  private func command(_ fields: Fields) throws(FieldError) -> Command {
    let command = try Command(fields: fields)
    guard command.kind.worker == Rules.worker else {
      throw FieldError(
        field: "type", reason: .notAllowed,
        message: "\(command.kind.rawValue) is no command of the \(Rules.worker.rawValue) worker.")
    }
    return command
  }

  private mutating func load(_ commands: inout Commands) {
    var known: Set<Int> = []
    var asked: Set<String> = []
    for item in items {
      let id = Rules.id(of: item.input)
      if known.insert(id).inserted { ids.append(id) }
      if let commandid = item.caller?.commandid, asked.insert(commandid).inserted {
        commandids.append(commandid)
      }
    }
    for id in ids { commands.add(Words("HGETALL", Rules.key(id, in: shard))) }
    for commandid in commandids { commands.add(Words("GET", Key.operation(commandid, in: shard))) }
  }

  private func decide(_ replies: [Reply], _ commit: inout Commit) throws(RedisError) {
    var slots: [Int: Slot] = [:]
    for (id, reply) in zip(ids, replies) { slots[id] = try slot(id, reply.get()) }
    var outcomes: [String: String] = [:]
    for (commandid, reply) in zip(commandids, replies[ids.count...]) {
      if let known = try reply.get().string { outcomes[commandid] = known }
    }
    let journal = Key.journal(of: shard)
    for item in items {
      let id = Rules.id(of: item.input)
      if let caller = item.caller, let known = outcomes[caller.commandid] {
        // The same command again: the first outcome, once there is one, and no change.
        if !known.isEmpty { answer(known, to: caller, &commit) }
        continue
      }
      guard var slot = slots.removeValue(forKey: id) else { continue }
      if case .command(let command, _) = item.input {
        commit.count(.commands, by: "type", command.kind.rawValue)
      }
      let events = Rules.decide(item.input, at: item.position, &slot.state)
      if let caller = item.caller { outcomes[caller.commandid] = "" }
      for event in events {
        commit.append(event, to: journal)
        commit.count(.events, by: "type", event.type)
        if case .rejected(let rejection) = event.fact {
          commit.count(.rejections, by: "reason", rejection.refusal.rawValue)
        }
        guard let caller = event.caller else { continue }
        let outcome = Rules.outcome(of: event, state: slot.state).packed
        outcomes[caller.commandid] = outcome
        commit.keep(outcome, of: caller.commandid, in: shard)
        answer(outcome, to: caller, &commit)
      }
      if let caller = item.caller, outcomes[caller.commandid] == "" {
        commit.keep("", of: caller.commandid, in: shard)
      }
      slots[id] = slot
    }
    store(slots, &commit)
  }

  private func answer(_ outcome: String, to caller: Caller, _ commit: inout Commit) {
    guard let ingress = caller.replyto else { return }
    commit.answer(outcome, of: caller.commandid, to: ingress, in: shard)
  }

  private func slot(_ id: Int, _ reply: Reply) throws(RedisError) -> Slot {
    do throws(FieldError) {
      let loaded = try Fields(reading: reply)
      let state = try Rules.State(fields: loaded)
      return Slot(loaded: loaded, before: state, state: state)
    } catch {
      throw RedisError(
        .unexpectedReply, "\(Rules.key(id, in: shard)) holds what no worker wrote: \(error.message)")
    }
  }

  private func store(_ slots: [Int: Slot], _ commit: inout Commit) {
    var listed: [Listed] = []
    var unlisted: [Listed] = []
    for id in ids {
      guard let slot = slots[id] else { continue }
      commit.write(slot.state.fields, over: slot.loaded, at: Rules.key(id, in: shard))
      Rules.writeView(before: slot.before, after: slot.state, in: shard, to: &commit)
      let (before, after) = (Rules.listed(slot.before), Rules.listed(slot.state))
      if before == after { continue }
      if let after { listed.append(after) } else if let before { unlisted.append(before) }
    }
    if let entity = listed.first?.entity {
      commit.add { words in
        words.add("ZADD")
        words.add(Key.index(of: entity, in: shard))
        for item in listed {
          words.add(item.id)
          words.add(item.member)
        }
      }
    }
    if let entity = unlisted.first?.entity {
      commit.add { words in
        words.add("ZREM")
        words.add(Key.index(of: entity, in: shard))
        for item in unlisted { words.add(item.member) }
      }
    }
  }
}
