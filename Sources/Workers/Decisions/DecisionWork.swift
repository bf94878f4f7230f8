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
    self.batch = batch
    if commands.isEmpty { try decide(batch, [], &commit) }
  }

  private func decide(_ batch: InputBatch, _ replies: [Reply], _ commit: inout Commit) throws(RedisError) {
    let before = try states(batch.ids, replies)
    var outcomes: [String: String] = [:]
    if let found = try replies.dropFirst(unknown.count).first?.get() {
      for (commandid, outcome) in zip(batch.commandids, found) { outcomes[commandid] = outcome.string }
    }
    var after = before
    // What is shown and then replaced within the batch is not in the states after it.
    var between: [Int: [Rules.State]] = [:]
    for item in batch.items {
      if Rules.replacesShown(item.input) { between[item.place, default: []].append(after[item.place]) }
      decide(item, &after[item.place], &outcomes, &commit)
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

  private func decide(
    _ item: InputBatch.Item, _ state: inout Rules.State, _ outcomes: inout [String: String],
    _ commit: inout Commit
  ) {
    if let caller = item.caller, let known = outcomes[caller.commandid] {
      // The same command again: the first outcome, once there is one, and no change.
      if !known.isEmpty { answer(known, to: caller, &commit) }
      return
    }
    if case .command(let command, _) = item.input {
      commit.count(.commands, by: "type", command.kind.rawValue)
    }
    let events = Rules.decide(item.input, at: item.position, &state)
    if let caller = item.caller { outcomes[caller.commandid] = "" }
    for event in events {
      commit.say(event, on: lane.journal)
      commit.count(.events, by: "type", event.type)
      if case .rejected(let rejection) = event.fact {
        commit.count(.rejections, by: "reason", rejection.refusal.rawValue)
      }
      guard let caller = event.caller else { continue }
      let outcome = Rules.outcome(of: event, state: state).packed
      outcomes[caller.commandid] = outcome
      commit.keep(outcome, of: caller.commandid, in: lane.shard)
      answer(outcome, to: caller, &commit)
    }
    if let caller = item.caller, outcomes[caller.commandid] == "" {
      commit.keep("", of: caller.commandid, in: lane.shard)
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
