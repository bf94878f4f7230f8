import Market
import Redis
import Testing

@testable import Lanes

@Suite struct CommitTests {
  private let lane = LaneName(worker: "trade", tag: "{3}")

  @Test func `an empty commit only checks the fence`() {
    let words = Commit(lane: lane).call(digest: "d1", token: "t1", leaseMilliseconds: 4500, inputs: [])
    #expect(
      words.texts == [
        "EVALSHA", "d1", "2", "{3}:lease:trade", "{3}:halt:trade", "t1", "4500", "", "", "", "",
      ])
    #expect(words.count == 11)
  }

  @Test func `a commit has its commands first, then the cursors, then the replies`() {
    var moved = LaneInput(
      stream: "{3}:events", position: EntryID(milliseconds: 7, sequence: 1), entriesRead: 41)
    var still = LaneInput(stream: "{3}:trade.commands", position: .zero, entriesRead: 0)
    moved.committed()
    still.committed()
    moved.fill([[Entry(id: EntryID(milliseconds: 8, sequence: 2), stream: 0, body: .nothing)]], limit: 9)
    _ = moved.take()
    var commit = Commit(lane: lane)
    commit.addReply { $0.add("XADD", "{3}:replies:x", "*", "a", "b") }
    commit.add { $0.add("SET", "{3}:k", "가") }
    commit.add { $0.add("DEL", "{3}:l") }
    let words = commit.call(digest: "d1", token: "t1", leaseMilliseconds: 4500, inputs: [moved, still])
    #expect(
      words.commands(at: 7) == [
        ["SET", "{3}:k", "가"],
        ["DEL", "{3}:l"],
      ])
    #expect(words.commands(at: 8) == [])
    #expect(
      words.commands(at: 9) == [
        ["XGROUP", "SETID", "{3}:events", "trade", "8-2", "ENTRIESREAD", "42"],
        ["HSET", "{3}:cursor:trade", "{3}:events", "8-2 42"],
      ])
    #expect(words.commands(at: 10) == [["XADD", "{3}:replies:x", "*", "a", "b"]])
    #expect(words.count == 11)
  }

  @Test func `a commit keeps own entries apart, and moves the cursor past them at the end`() {
    var journal = LaneInput(
      stream: "{3}:events", position: EntryID(milliseconds: 7, sequence: 1), entriesRead: 41)
    journal.committed()
    var commit = Commit(lane: lane)
    commit.append(to: "{3}:events") { $0.add("type", "A") }
    commit.add { $0.add("DEL", "{3}:l") }
    commit.append(to: "{3}:events") { $0.add("type", "B") }
    func words() -> RESPWords {
      commit.call(digest: "d1", token: "t1", leaseMilliseconds: 4500, inputs: [journal])
    }
    let own = [["XADD", "{3}:events", "*", "type", "A"], ["XADD", "{3}:events", "*", "type", "B"]]
    #expect(words().commands(at: 7) == [["DEL", "{3}:l"]])
    #expect(words().commands(at: 8) == own)
    #expect(words().count == 11)
    journal.fill([[]], limit: 9)
    #expect(words().commands(at: 7) == [["DEL", "{3}:l"]])
    #expect(words().commands(at: 8) == own)
    #expect(words().texts.dropFirst(11) == ["{3}:events", "7-1", "{3}:cursor:trade", "trade", "43"])
  }
}
