import Market
import Redis
import Testing

@testable import Lanes

@Suite("A commit's words")
struct CommitTests {
  private let lane = LaneName(worker: "trade", tag: "{3}")

  @Test("are the fence alone where there is nothing to do")
  func empty() {
    let words = Commit(lane: lane).call(digest: "d1", token: "t1", leaseMilliseconds: 4500, inputs: [])
    #expect(words.texts == ["EVALSHA", "d1", "1", "{3}:lease:trade", "t1", "4500"])
    #expect(words.count == 6)
  }

  @Test("are cursors first, replies last, and each command after its length")
  func order() {
    var moved = LaneInput(
      stream: "{3}:events", position: EntryID(milliseconds: 7, sequence: 1), entriesRead: 41)
    var still = LaneInput(stream: "{3}:trade.commands", position: .zero, entriesRead: 0)
    moved.beginBatch()
    still.beginBatch()
    moved.fill([Entry(id: EntryID(milliseconds: 8, sequence: 2), stream: 0, body: .nothing)], limit: 9)
    _ = moved.take()
    var commit = Commit(lane: lane)
    commit.addReply { $0.add(Words("XADD", "{3}:replies:x", "*", "a", "b")) }
    commit.add { $0.add(Words("SET", "{3}:k", "가")) }
    commit.add { $0.add(Words("DEL", "{3}:l")) }
    let words = commit.call(digest: "d1", token: "t1", leaseMilliseconds: 4500, inputs: [moved, still])
    #expect(
      words.texts.dropFirst(6) == [
        "7", "XGROUP", "SETID", "{3}:events", "trade", "8-2", "ENTRIESREAD", "42",
        "4", "HSET", "{3}:cursor:trade", "{3}:events", "8-2 42",
        "3", "SET", "{3}:k", "가",
        "2", "DEL", "{3}:l",
        "5", "XADD", "{3}:replies:x", "*", "a", "b",
      ])
    #expect(words.count == words.texts.count)
  }
}
