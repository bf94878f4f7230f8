import Lanes
import Market
import Redis
import Testing

@testable import Doors

/// What a door asks, step by step, without a Redis.
@Suite struct DoorStepTests {
  private func asked(_ step: Door.Step) throws -> Commands {
    guard case .ask(let commands) = step else { throw Unexpected(step: step) }
    return commands
  }

  private func done(_ step: Door.Step) throws -> [Admission] {
    guard case .done(let admissions) = step else { throw Unexpected(step: step) }
    return admissions
  }

  private struct Unexpected: Error { let step: Door.Step }

  @Test func `a door without requests asks nothing`() throws {
    var door = Door([], shards: 8)
    #expect(try done(door.next()).isEmpty)
  }

  @Test func `a chosen id is claimed before the command is appended`() throws {
    var door = Door([try list(7, product: 100, command: "a")], shards: 8)
    #expect(try asked(door.next()).count == 2)
    #expect(try asked(door.next([.null, .null])).count == 1)
    let admissions = try done(door.next([.null]))
    guard case .admitted(7, 100, .of(productid: 100, among: 8)) = admissions.first else {
      Issue.record("\(admissions)")
      return
    }
  }

  @Test func `an unknown id is refused without an append`() throws {
    let request = CommandRequest(
      draft: try Draft(fields: ["type": "Handover", "id": "7"], worker: .trade), commandid: "a")
    var door = Door([request], shards: 8)
    #expect(try asked(door.next()).count == 1)
    // Perhaps it has left.
    #expect(try asked(door.next([.null])).count == 1)
    #expect(try done(door.next([.null])).first?.error?.reason == .unknownId)
  }

  @Test func `a full shard refuses a command after the claim`() throws {
    var door = Door([try list(7, product: 100, command: "a")], shards: 8, isFull: { _ in true })
    #expect(try asked(door.next()).count == 2)
    guard case .full = try done(door.next([.null, .null])).first else {
      Issue.record("the shard is full")
      return
    }
  }

  @Test func `a lost reply is an error`() throws {
    var door = Door([try list(7, product: 100, command: "a")], shards: 8)
    _ = try asked(door.next())
    #expect(throws: RedisError.self) { try door.next([]) }
  }

  /// The id was claimed before the replies to the append were lost.
  @Test func `a restart asks only what is still open`() throws {
    var door = Door([try list(7, product: 100, command: "a")], shards: 8)
    _ = try asked(door.next())
    let append = try asked(door.next([.null, .null]))
    door.restart()
    #expect(try asked(door.next()).bytes == append.bytes)
  }
}
