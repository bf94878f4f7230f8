import Market
import Redis
import Testbed
import Testing

@testable import Lanes

/// The merge of the entries of a lane's streams into one order.
@Suite struct MergeTests {
  @Test func `entries are merged by id, and on a tie the earlier stream comes first`() {
    var inputs = Self.inputs(2)
    inputs.read([[1, 3, 5], [2, 3, 6]], limit: 10)
    #expect(inputs.take(10) == ["0:1", "1:2", "0:3", "1:3", "0:5", "1:6"])
    #expect(inputs.map(\.position) == [Self.id(5), Self.id(6)])
    #expect(inputs.map(\.entriesRead) == [3, 3])
    #expect(inputs.map(\.hasMoved) == [true, true] && inputs.map(\.wantsRead) == [true, true])
  }

  @Test func `entries of one millisecond are merged by stream, whatever their sequence`() {
    var inputs = Self.inputs(2)
    func entries(_ stream: Int, _ sequences: [UInt64]) -> [Entry] {
      sequences.map {
        Entry(id: EntryID(milliseconds: 7, sequence: $0), stream: stream, body: .nothing)
      }
    }
    inputs[0].fill([entries(0, [24, 25])], limit: 9)
    inputs[1].fill([entries(1, [0, 3])], limit: 9)
    let batch = inputs.nextBatch(limit: 9)
    #expect(batch.map { "\($0.stream):\($0.id.sequence)" } == ["0:24", "0:25", "1:0", "1:3"])
  }

  @Test func `a merge stops at the last id of a stream whose read was full`() {
    var inputs = Self.inputs(2)
    inputs.read([[1, 2], [3]], limit: 2)
    // Stream 0 can still have entries before 3.
    #expect(inputs.take(10) == ["0:1", "0:2"])
    #expect(inputs.map(\.hasMoved) == [true, false])
    #expect(inputs.map(\.wantsRead) == [true, false])
    inputs.read([[4], nil], limit: 2)
    // Now stream 1 can still have entries before 4: its end was seen before 4 was.
    #expect(inputs.take(10) == ["1:3"])
    inputs.read([nil, []], limit: 2)
    #expect(inputs.take(10) == ["0:4"])
  }

  @Test func `a merge waits for a stream that was not read again`() {
    var inputs = Self.inputs(2)
    #expect(inputs.take(10).isEmpty)
    inputs.read([[1], []], limit: 2)
    #expect(inputs.take(10) == ["0:1"])
    inputs.read([[], [2, 3]], limit: 2)
    #expect(inputs.take(1) == ["1:2"])
    // That the last read saw the end of stream 0 does not count for the next read.
    inputs.read([nil, nil], limit: 2)
    #expect(inputs.take(10).isEmpty)
    inputs.read([[], nil], limit: 2)
    #expect(inputs.take(10) == ["1:3"])
  }

  @Test func `a batch has no more entries than the limit, and says which streams moved`() {
    var inputs = Self.inputs(3)
    inputs.read([[1, 2, 3], [4], []], limit: 9)
    #expect(inputs.take(2) == ["0:1", "0:2"])
    #expect(inputs.map(\.hasMoved) == [true, false, false])
    #expect(inputs.take(9) == ["0:3", "1:4"])
    #expect(inputs.map(\.hasMoved) == [true, true, false])
    for index in inputs.indices { inputs[index].committed() }
    #expect(inputs.take(9).isEmpty)
    #expect(inputs.map(\.hasMoved) == [false, false, false])
    #expect(inputs.map(\.entriesRead) == [3, 1, 0])
  }

  @Test(
    arguments: [1, 7, 20_240_404, 0xBEEF] as [UInt64])
  func `merged entries are in order however the reads are cut`(seed: UInt64) {
    print("merges from seed \(seed)")
    for turn in 0..<500 as Range<UInt64> {
      let own = seed &+ turn &* 0x1_0000_0000
      var random = SplitMix64(seed: own)
      let log = Self.log(&random)
      guard Self.follow(log, &random) == log.map(\.name) else {
        Issue.record("the merge of seed \(own) is out of order")
        return
      }
    }
  }

  private struct Item {
    let stream: Int
    let id: UInt64
    var name: String { "\(stream):\(id)" }
  }

  /// Returns entries of some streams in the expected order, with many ties.
  private static func log(_ random: inout SplitMix64) -> [Item] {
    let streams = Int.random(in: 1...4, using: &random)
    let busy = Int.random(in: 2...5, using: &random)
    var log: [Item] = []
    for id in 1...UInt64.random(in: 1...60, using: &random) {
      for stream in 0..<streams where !random.oneIn(stream == 0 ? busy : 2) {
        log.append(Item(stream: stream, id: id))
      }
    }
    return log
  }

  /// Reads the log while it grows, a random piece at a time, as a lane does.
  private static func follow(_ log: [Item], _ random: inout SplitMix64) -> [String] {
    let last = log.last?.id ?? 0
    var inputs = Self.inputs((log.map(\.stream).max() ?? 0) + 1)
    var (seen, handled): (UInt64, [String]) = (0, [])
    while true {
      seen = min(last, seen + UInt64.random(in: 0...9, using: &random))
      let limit = Int.random(in: 1...8, using: &random)
      inputs.read(
        inputs.indices.map { stream in
          guard inputs[stream].wantsRead else { return nil }
          let position = inputs[stream].position.milliseconds
          let rest = log.filter { $0.stream == stream && $0.id > position && $0.id <= seen }
          return rest.prefix(limit).map(\.id)
        }, limit: limit)
      let batch = inputs.take(Int.random(in: 1...12, using: &random))
      handled += batch
      if batch.isEmpty, seen == last, handled.count >= log.count { return handled }
      if handled.count > log.count { return handled }
    }
  }

  private static func id(_ number: UInt64) -> EntryID { EntryID(milliseconds: number, sequence: 0) }

  private static func inputs(_ count: Int) -> [LaneInput] {
    (0..<count).map { index in
      var input = LaneInput(stream: "s\(index)", position: .zero, entriesRead: 0)
      input.committed()
      return input
    }
  }
}

extension [LaneInput] {
  /// Takes in one read of all streams; nil for a stream that was skipped because it has buffered entries.
  fileprivate mutating func read(_ found: [[UInt64]?], limit: Int) {
    for (index, ids) in found.enumerated() {
      self[index].beginRead()
      guard let ids else { continue }
      let entries = ids.map {
        Entry(id: EntryID(milliseconds: $0, sequence: 0), stream: index, body: .nothing)
      }
      self[index].fill([entries], limit: limit)
    }
  }

  fileprivate mutating func take(_ limit: Int) -> [String] {
    nextBatch(limit: limit).map { "\($0.stream):\($0.id.milliseconds)" }
  }
}
