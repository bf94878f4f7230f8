import Keys
import Lanes
import Market
import Redis

/// One batch of commands and events: decodes them, loads unknown states in one round trip, decides, commits.
struct DecisionWork<Rules: Aggregate>: LaneWork {
  private let lane: DecisionHandler<Rules>
  private let entries: [Entry]
  private var batch: InputBatch<Rules>?
  private var unknown: [Int] = []
  /// Ids for new items, which can have been used before.
  private var newIDs: [Int] = []
  /// The same by the keys that tell which of them have left for the archive.
  private var buckets: [(key: String, ids: [Int])] = []
  /// The results of the first round trip, and the former listings that the second one loads.
  private var loaded: (before: [Rules.State], known: Known, formerIDs: [Int])?

  init(_ entries: [Entry], in lane: DecisionHandler<Rules>) {
    self.lane = lane
    self.entries = entries
  }

  // As a lane calls it without knowing the rules, no caller could let it be compiled for them.
  // Without the underscore, the attribute needs Swift 6.3.
  @_specialize(where Rules == ReservationDecider)
  @_specialize(where Rules == TradeDecider)
  @_specialize(where Rules == StockDecider)
  mutating func next(_ replies: [Reply], commit: inout Commit) throws(RedisError) -> LaneStep {
    guard let batch else {
      let batch = InputBatch<Rules>(entries, of: lane.streams, &commit)
      self.batch = batch
      let questions = questions(about: batch)
      return try questions.isEmpty ? takeIn([], of: batch, &commit) : .ask(questions)
    }
    guard let (before, first, formerIDs) = loaded else { return try takeIn(replies, of: batch, &commit) }
    var known = first
    for (id, reply) in zip(formerIDs, replies) { known.past.listings[id] = try listing(id, reply.get()) }
    decide(batch, before, &known, &commit)
    return .commit
  }

  /// The first round trip: asks for the states, the commands' records, and whether new ids are used.
  private mutating func questions(about batch: InputBatch<Rules>) -> Commands {
    var commands = Commands()
    unknown = batch.ids.filter { lane.states[$0] == nil }
    for id in unknown { commands.add("HGETALL", key(id)) }
    if !batch.commandids.isEmpty {
      var words = RESPWords("MGET")
      for commandid in batch.commandids { words.add(Key.operation(commandid, in: lane.shard)) }
      commands.add(words)
    }
    newIDs = batch.items.compactMap { $0.newID }
    let entity = Rules.worker.entity
    if !Rules.isStateOfOneID {
      for id in newIDs { commands.add("EXISTS", Key.trace(of: entity, id: id, in: lane.shard)) }
    }
    buckets = Dictionary(grouping: newIDs) { Key.archived(entity, id: $0, in: lane.shard) }
      .map { ($0.key, $0.value) }
    for (key, ids) in buckets {
      var words = RESPWords("HMGET", key)
      for id in ids { words.add(id) }
      commands.add(words)
    }
    return commands
  }

  /// Decides, or asks for former listings in a second round trip.
  private mutating func takeIn(
    _ replies: [Reply], of batch: InputBatch<Rules>, _ commit: inout Commit
  ) throws(RedisError) -> LaneStep {
    let before = try states(batch.ids, replies)
    var known = try known(of: batch, replies.dropFirst(unknown.count))
    let formerIDs = batch.items.compactMap { $0.formerID(besides: before[$0.place]) }
    if formerIDs.isEmpty {
      decide(batch, before, &known, &commit)
      return .commit
    }
    var commands = Commands()
    for id in formerIDs { commands.add("HGETALL", Key.trade(id, in: lane.shard)) }
    loaded = (before, known, formerIDs)
    return .ask(commands)
  }

  private func known(of batch: InputBatch<Rules>, _ replies: ArraySlice<Reply>) throws(RedisError) -> Known {
    var known = Known()
    var rest = replies
    if !batch.commandids.isEmpty, let found = try rest.popFirst()?.get() {
      for (commandid, record) in zip(batch.commandids, found) {
        known.records[commandid] = record.string.flatMap { CommandRecord(stored: $0) }
      }
    }
    if !Rules.isStateOfOneID {
      for (id, reply) in zip(newIDs, rest) where try reply.get().integer == 1 {
        known.past.usedIDs.insert(id)
      }
      rest = rest.dropFirst(newIDs.count)
    }
    for ((_, ids), reply) in zip(buckets, rest) {
      for (id, day) in zip(ids, try reply.get()) where !day.isNull { known.past.usedIDs.insert(id) }
    }
    return known
  }

  private func decide(
    _ batch: InputBatch<Rules>, _ before: [Rules.State], _ known: inout Known, _ commit: inout Commit
  ) {
    var after = before
    // Items that are shown and then replaced within the batch are not part of the final states.
    var between: [Int: [Rules.State]] = [:]
    for item in batch.items {
      if Rules.replacesShown(item.input) { between[item.place, default: []].append(after[item.place]) }
      decide(item, &after[item.place], &known, &commit)
    }
    lane.states.remember(batch.ids, after)
    store(batch.ids, before, between, after, known.formers, &commit)
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

  private func key(_ id: Int) -> String { Key.state(id, of: Rules.worker, in: lane.shard) }

  private func state(_ id: Int, _ reply: Reply) throws(RedisError) -> Rules.State {
    do throws(FieldError) {
      return try Rules.State(fields: Fields(reading: reply))
    } catch {
      throw RedisError(
        .unexpectedReply, "\(key(id)) holds what no worker wrote: \(error.message)")
    }
  }

  private func listing(_ id: Int, _ reply: Reply) throws(RedisError) -> Listing? {
    do throws(FieldError) {
      let fields = try Fields(reading: reply)
      return fields.isEmpty ? nil : try Listing(fields: fields)
    } catch {
      throw RedisError(
        .unexpectedReply, "\(Key.trade(id, in: lane.shard)) holds what no worker wrote: \(error.message)")
    }
  }

  /// What is known besides the states, including what the batch adds.
  private struct Known {
    /// The records of commands, by their ids.
    var records: [String: CommandRecord] = [:]
    var past = Past()
    /// Former listings that the batch changes, before and after it; nil if one leaves.
    var formers: [Int: (before: Listing, after: Listing?)] = [:]
  }

  private func decide(
    _ item: InputBatch<Rules>.Item, _ state: inout Rules.State, _ known: inout Known, _ commit: inout Commit
  ) {
    if case .command(let command, let caller?) = item.input, let record = known.records[caller.commandid] {
      if record.isOf(caller.digest) {
        // The same command again: answer with the first outcome, if there is one yet, and change nothing.
        if !record.outcome.isEmpty { answer(record.outcome, to: caller, &commit) }
      } else {
        // Another command under a used id: the record keeps the outcome of the first command.
        let refusal = Event(refusing: command, .commandIdReused, caller)
        commit.count(.commands, by: "type", command.kind.rawValue)
        emit(refusal, &commit)
        answer(Rules.outcome(of: refusal, for: command.kind.entity, state: state).packed, to: caller, &commit)
      }
      return
    }
    if case .command(let command, _) = item.input {
      commit.count(.commands, by: "type", command.kind.rawValue)
    }
    let events: [Event]
    let formerID = Rules.formerID(in: item.input, besides: state)
    let former = formerID.flatMap { known.past.listings[$0] }
    // Only then is a copy worth its price.
    let last = item.input.canArchive ? state : Rules.initial
    do throws(BrokenLaw) {
      events = try Rules.decide(item.input, at: item.position, &state, after: &known.past, under: lane.policy)
    } catch {
      let entry = entries[item.entry]
      let error = FieldError(field: "type", reason: .brokenLaw, message: error.message)
      return commit.addDeadLetter(entry, from: lane.streams[entry.stream], because: error)
    }
    if let caller = item.caller {
      known.records[caller.commandid] = CommandRecord(caller.digest, outcome: "")
    }
    for event in events {
      emit(event, &commit)
      if let leaving = Rules.leaving(by: event, item.input, from: last) { archive(leaving, item, &commit) }
      if let id = event.newID, let trace = Rules.traceKey(id, in: lane.shard) {
        commit.add { $0.add("SET", trace, "\(event.productid)") }
      }
      guard let caller = event.caller else { continue }
      let outcome = Rules.outcome(of: event, for: item.entity, state: state).packed
      let record = CommandRecord(caller.digest, outcome: outcome)
      known.records[caller.commandid] = record
      commit.keep(record, of: caller.commandid, in: lane.shard)
      answer(outcome, to: caller, &commit)
    }
    if let formerID, let former, former != known.past.listings[formerID] {
      let before = known.formers[formerID]?.before ?? former
      known.formers[formerID] = (before, known.past.listings[formerID])
    }
    if let caller = item.caller, let record = known.records[caller.commandid], record.outcome.isEmpty {
      commit.keep(record, of: caller.commandid, in: lane.shard)
    }
  }

  /// Moves something to the archive. The state itself is removed with the others that the batch changes.
  private func archive(_ leaving: Leaving, _ item: InputBatch<Rules>.Item, _ commit: inout Commit) {
    var leaving = leaving
    // What a command ends leaves at once.
    if case .command = item.input { leaving.endedAt = Moment(milliseconds: item.position.milliseconds) }
    commit.archive(leaving, at: item.position, in: lane.shard)
    for key in [Rules.viewKey(leaving.id, in: lane.shard), Rules.traceKey(leaving.id, in: lane.shard)] {
      if let key { commit.remove(key) }
    }
  }

  private func emit(_ event: Event, _ commit: inout Commit) {
    commit.emit(event, on: lane.journal)
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
    _ formers: [Int: (before: Listing, after: Listing?)], _ commit: inout Commit
  ) {
    var index = IndexChanges()
    for (place, id) in ids.enumerated() {
      if after[place] == Rules.initial, before[place] != Rules.initial {
        commit.remove(key(id))
      } else {
        commit.write(after[place].changes(since: before[place]), at: key(id))
      }
      var shown = before[place]
      for state in (between[place] ?? []) + [after[place]] {
        show(state, instead: shown, &index, &commit)
        commit.write(
          Rules.timerChanges(from: shown, to: state), of: Rules.worker.entity, in: lane.shard)
        shown = state
      }
    }
    for (before, after) in formers.values {
      if let after { commit.write(before, after, in: lane.shard) }
      index.note(after?.listed, instead: before.listed)
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
