import Foundation
import Market
import Operations

/// A page of dead letters in JSON.
struct LetterPageImage: Encodable {
  struct Group: Encodable { let worker, reason: String, count: Int }

  struct Letter: Encodable {
    let id, worker, time, reason, field, message, type: String

    init(_ letter: DeadLetter) {
      id = letter.id
      worker = letter.worker
      time = letter.time
      reason = letter.reason
      field = letter.wrong
      message = Personal.hide(quoteIn: letter.message, about: letter.wrong)
      type = letter.fields["type"] ?? ""
    }
  }

  let count, older: Int
  let groups: [Group]
  let letters: [Letter]

  init(_ page: LetterPage) {
    count = page.count
    older = page.older
    groups = page.groups.sorted { $0.key < $1.key }
      .map { Group(worker: $0.key.worker, reason: $0.key.reason, count: $0.value) }
    letters = page.letters.map(Letter.init)
  }
}

/// A dead letter in JSON, with its fields.
struct LetterImage: Encodable {
  let id, worker, time, stream, entry, reason, field, message: String
  /// The size of the whole entry in bytes if only a part of it was kept.
  let cut: String?
  let shown, event: Bool
  let fields: [[String]]

  init(_ letter: DeadLetter, isShown: Bool) {
    id = letter.id
    worker = letter.worker
    time = letter.time
    stream = letter.stream
    entry = letter.entry
    reason = letter.reason
    field = letter.wrong
    message = isShown ? letter.message : Personal.hide(quoteIn: letter.message, about: letter.wrong)
    cut = letter.cut
    shown = isShown
    event = letter.isEvent
    fields = (isShown ? letter.fields : Personal.hide(letter.fields)).map { [$0.name, $0.value] }
  }
}

/// What replays would come to, in JSON.
struct RehearsalImage: Encodable {
  struct Item: Encodable {
    let id: String
    let passes: Bool
    /// Why it would stay a dead letter.
    let why: String?
  }

  let count, passes: Int
  let items: [Item]

  /// - Parameter results: For each id the result, or nil if there is no such letter.
  init(_ results: [(id: String, result: Rehearsal?)]) {
    items = results.map { id, result in
      switch result {
      case nil: Item(id: id, passes: false, why: "There is no such dead letter any more.")
      case .passes: Item(id: id, passes: true, why: nil)
      case .refused(let why, let field):
        Item(id: id, passes: false, why: field.map { Personal.hide(quoteIn: why, about: $0) } ?? why)
      }
    }
    count = results.filter { $0.result != nil }.count
    passes = items.filter(\.passes).count
  }
}

/// What came of replays, in JSON.
struct DeliveryImage: Encodable {
  struct Sent: Encodable { let id, to: String }
  struct Refusal: Encodable { let id, why: String }

  private(set) var sent: [Sent] = []
  private(set) var refused: [Refusal] = []

  mutating func add(_ letter: DeadLetter, _ delivery: DeadLetterOffice.Delivery) {
    switch delivery {
    case .delivered(_, let id, let shard):
      sent.append(Sent(id: letter.id, to: "shard \(shard.index), id \(id)"))
    case .handedBack(let type, let position, let lane):
      sent.append(Sent(id: letter.id, to: "\(lane), \(type) of \(position)"))
    case .refused(let why):
      refused.append(Refusal(id: letter.id, why: Personal.hide(quoteIn: why, about: "")))
    }
  }
}

/// The story of a deal in JSON: the newest moments.
struct TimelineImage: Encodable {
  struct Moment: Encodable {
    let kind, entry, time, by, type: String
    let facts: [[String]]
  }

  private static let most = 2000

  let subject: String
  let id, product: Int
  /// How many older moments are left out.
  let left: Int
  let shown: Bool
  let moments: [Moment]

  init(_ timeline: Timeline, _ subject: Timeline.Subject, _ id: Int, isShown: Bool) {
    self.subject = subject.rawValue
    self.id = id
    product = timeline.productid
    shown = isShown
    left = max(0, timeline.moments.count - Self.most)
    moments = timeline.moments.suffix(Self.most).map { moment in
      var facts = isShown ? moment.facts : Personal.hide(moment.facts)
      // What a notice says is about the deal; whom it goes to is not told.
      if moment.kind == .notice {
        facts = [
          "to": isShown ? moment.facts["to"] ?? "" : Personal.mask,
          "message": moment.facts["message"] ?? "",
        ]
      }
      let user = moment.user.map { isShown ? $0 : Personal.mask }
      return Moment(
        kind: moment.kind.rawValue, entry: "\(moment.line.id)", time: moment.line.id.timestamp,
        by: user.map { "\($0) by \(moment.way)" } ?? moment.way, type: moment.line.type,
        facts: facts.map { [$0.name, $0.value] })
    }
  }
}

/// The audit that runs or has ended, in JSON.
struct AuditImage: Encodable {
  struct Progress: Encodable { let stage: String, done, all: Int }

  struct Report: Encodable {
    let totals: AuditReport.Totals
    let shards: [AuditReport.Totals]
    let atRest, clean, shown: Bool
    let notes, unchecked: [String]
    let differences: [Difference]
    let differenceCount: Int
    /// How many of them `handover audit --repair` would mend, about.
    let repairable: Int
  }

  let phase, author, error: String
  let began, ended: String?
  let progress: Progress?
  let report: Report?

  init(_ state: AuditJob.State, isShown: Bool) {
    phase = state.phase.rawValue
    author = state.author
    error = state.error
    began = state.began?.formatted(.iso8601)
    ended = state.ended?.formatted(.iso8601)
    progress = state.progress.map { Progress(stage: $0.stage.rawValue, done: $0.done, all: $0.all) }
    report = state.report.map { report in
      Report(
        totals: report.totals, shards: report.shards, atRest: report.isAtRest, clean: report.isClean,
        shown: isShown, notes: report.notes, unchecked: report.unchecked,
        differences: isShown ? report.differences : report.differences.map(Personal.hide),
        differenceCount: report.differenceCount,
        repairable: report.broken.count + report.remedies.count)
    }
  }
}
