import Market
import Synchronization
import Testbed

/// Records everything that was sent, and the answers.
final class Diary: Sendable {
  /// A call and its answer.
  struct Call: Sendable {
    let wish: Wish
    let key: String?
    let began: ContinuousClock.Instant
    let ended: ContinuousClock.Instant
    let answer: Answer
  }

  /// An entry that was added to an inlet.
  struct Entry: Sendable {
    let inlet: DecidingWorker
    /// The position that Redis returned; nil if it did not answer.
    let position: EntryID?
    /// Why a worker must not accept it; nil if it should.
    let flaw: String?
    let kind: String
    /// The product that it is about; nil if it is about none.
    let productid: Int?
  }

  private struct State {
    var calls: [Call] = []
    var entries: [Entry] = []
    var removed: [DecidingWorker: [Ledger.Request]] = [:]
    var complaints: [String] = []
    var counts: [String: [String: Int]] = [:]
  }

  private let state = Mutex(State())

  var calls: [Call] { state.withLock { $0.calls } }
  var entries: [Entry] { state.withLock { $0.entries } }
  /// Entries that were removed from the inlets, by inlet.
  var removed: [DecidingWorker: [Ledger.Request]] { state.withLock { $0.removed } }
  /// Answers that were obviously wrong.
  var complaints: [String] { state.withLock { $0.complaints } }
  /// How many requests of each kind got each kind of answer.
  var counts: [String: [String: Int]] { state.withLock { $0.counts } }

  func add(_ call: Call) {
    state.withLock {
      $0.calls.append(call)
      $0.counts[call.wish.kind.rawValue, default: [:]][call.answer.name, default: 0] += 1
    }
  }

  func add(_ entry: Entry) {
    state.withLock {
      $0.entries.append(entry)
      $0.counts["XADD \(entry.kind)", default: [:]][entry.position == nil ? "broken" : "added", default: 0] +=
        1
    }
  }

  func add(_ removed: RemovedEntries) {
    state.withLock { $0.removed[removed.worker, default: []] += removed.requests }
  }

  /// Counts a call that must change nothing.
  func count(_ kind: String, _ answer: Answer) {
    state.withLock { $0.counts[kind, default: [:]][answer.name, default: 0] += 1 }
  }

  func complain(_ text: String) { state.withLock { $0.complaints.append(text) } }
}
