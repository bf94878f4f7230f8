import Lanes
import Layout
import Market
import Redis

/// One batch of commands and events: decode, load the states that are not known in one round, decide, commit.
struct DecisionWork<Rules: Aggregate>: LaneWork {
  private let lane: DecisionHandler<Rules>
  private let entries: [Entry]
  private var batch: InputBatch?
  private var unknown: [Int] = []
  /// Ids for something new, which may have been given away before.
  private var newIDs: [Int] = []

  init(_ entries: [Entry], in lane: DecisionHandler<Rules>) {
    self.lane = lane
    self.entries = entries
  }

  mutating func next(
    _ replies: [Reply], commands: inout Commands, commit: inout Commit
  ) throws(RedisError) {
    if let batch { return try decide(batch, replies, &commit) }
    let batch = InputBatch(
      entries, of: lane.streams, for: Rules.worker, listensTo: Rules.listensTo, about: Rules.id, &commit)
    unknown = batch.ids.filter { lane.states[$0] == nil }
    for id in unknown { commands.add("HGETALL", Rules.key(id, in: lane.shard)) }
    if !batch.commandids.isEmpty {
      var words = Words("MGET")
      for commandid in batch.commandids { words.add(Key.operation(commandid, in: lane.shard)) }
      commands.add(words)
    }
    if !Rules.isStateOfOneID {
      newIDs = batch.items.compactMap(\.newID)
      for id in newIDs { commands.add("EXISTS", Key.trace(of: Rules.worker.entity, id: id, in: lane.shard)) }
    }
    self.batch = batch
    if commands.isEmpty { try decide(batch, [], &commit) }
  }

  private func decide(_ batch: InputBatch, _ replies: [Reply], _ commit: inout Commit) throws(RedisError) {
    let before = try states(batch.ids, replies)
    var known = Known()
    var rest = replies.dropFirst(unknown.count)
    if !batch.commandids.isEmpty, let found = try rest.popFirst()?.get() {
      for (commandid, record) in zip(batch.commandids, found) {
        known.records[commandid] = record.string.flatMap { CommandRecord(stored: $0) }
      }
    }
    for (id, reply) in zip(newIDs, rest) where try reply.get().integer == 1 { known.usedIDs.insert(id) }
    var after = before
    // What is shown and then replaced within the batch is not in the states after it.
    var between: [Int: [Rules.State]] = [:]
    for item in batch.items {
      if Rules.replacesShown(item.input) { between[item.place, default: []].append(after[item.place]) }
      decide(item, &after[item.place], &known, &commit)
    }
    lane.states.remember(batch.ids, after)
    store(batch.ids, before, between, after, &commit)
  }

  private func states(_ ids: [Int], _ replies: [Reply]) throws(RedisError) -> [Rules.State] {
    var loaded = zip(unknown, replies).makeIterator()
    var states: [Rules.State] = []
    states.reserveCapacity(ids.count)
    for id in ids {
      if let known = lane.states[id] {
        states.append(known)
      } else if let (id, reply) = loaded.next() {
        states.append(try state(id, reply.get()))
      }
    }
    return states
  }

  private func state(_ id: Int, _ reply: Reply) throws(RedisError) -> Rules.State {
    do throws(FieldError) {
      return try Rules.State(fields: Fields(reading: reply))
    } catch {
      throw RedisError(
        .unexpectedReply, "\(Rules.key(id, in: lane.shard)) holds what no worker wrote: \(error.message)")
    }
  }

  /// What is known besides the states, and what the batch adds to it.
  private struct Known {
    /// What came of commands, by their ids.
    var records: [String: CommandRecord] = [:]
    var usedIDs: Set<Int> = []
  }

  private func decide(
    _ item: InputBatch.Item, _ state: inout Rules.State, _ known: inout Known, _ commit: inout Commit
  ) {
    if case .command(let command, let caller?) = item.input, let record = known.records[caller.commandid] {
      if record.isOf(caller.digest) {
        // The same command again: the first outcome, once there is one, and no change.
        if !record.outcome.isEmpty { answer(record.outcome, to: caller, &commit) }
      } else {
        // The id keeps the outcome of its own command.
        let refusal = Event(refusing: command, .commandIdReused, caller)
        commit.count(.commands, by: "type", command.kind.rawValue)
        say(refusal, &commit)
        answer(Rules.outcome(of: refusal, state: state).packed, to: caller, &commit)
      }
      return
    }
    if case .command(let command, _) = item.input {
      commit.count(.commands, by: "type", command.kind.rawValue)
    }
    let events: [Event]
    do throws(BrokenLaw) {
      events = try Rules.decide(item.input, at: item.position, &state, besides: &known.usedIDs)
    } catch {
      let entry = entries[item.entry]
      let error = FieldError(field: "type", reason: .brokenLaw, message: error.message)
      return commit.addDeadLetter(entry, from: lane.streams[entry.stream], because: error)
    }
    if let caller = item.caller {
      known.records[caller.commandid] = CommandRecord(caller.digest, outcome: "")
    }
    for event in events {
      say(event, &commit)
      if let id = event.newID, let trace = Rules.traceKey(id, in: lane.shard) {
        commit.add { $0.add("SET", trace, "\(event.productid)") }
      }
      guard let caller = event.caller else { continue }
      let outcome = Rules.outcome(of: event, state: state).packed
      let record = CommandRecord(caller.digest, outcome: outcome)
      known.records[caller.commandid] = record
      commit.keep(record, of: caller.commandid, in: lane.shard)
      answer(outcome, to: caller, &commit)
    }
    if let caller = item.caller, let record = known.records[caller.commandid], record.outcome.isEmpty {
      commit.keep(record, of: caller.commandid, in: lane.shard)
    }
  }

  private func say(_ event: Event, _ commit: inout Commit) {
    commit.say(event, on: lane.journal)
    commit.count(.events, by: "type", event.type)
    if case .rejected(let rejection) = event.fact {
      commit.count(.rejections, by: "reason", rejection.refusal.rawValue)
    }
  }

  private func answer(_ outcome: String, to caller: Caller, _ commit: inout Commit) {
    guard let ingress = caller.replyto else { return }
    commit.answer(outcome, of: caller.commandid, to: ingress, in: lane.shard)
  }

  private func store(
    _ ids: [Int], _ before: [Rules.State], _ between: [Int: [Rules.State]], _ after: [Rules.State],
    _ commit: inout Commit
  ) {
    var index = IndexChanges()
    for (place, id) in ids.enumerated() {
      commit.write(after[place].changes(since: before[place]), at: Rules.key(id, in: lane.shard))
      var shown = before[place]
      for state in between[place] ?? [] {
        show(state, instead: shown, &index, &commit)
        shown = state
      }
      show(after[place], instead: shown, &index, &commit)
    }
    commit.write(index, in: lane.shard)
  }

  private func show(
    _ state: Rules.State, instead old: Rules.State, _ index: inout IndexChanges, _ commit: inout Commit
  ) {
    Rules.writeView(before: old, after: state, in: lane.shard, to: &commit)
    index.note(Rules.listed(state), instead: Rules.listed(old))
  }
}
