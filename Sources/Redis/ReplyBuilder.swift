import CHiredis

/// Collects what hiredis parses straight onto a tape: no C reply is ever made, so none can leak.
///
/// Used by one thread at a time, together with the connection that owns it.
final class ReplyBuilder {
  private var nodes: [Reply.Node] = []
  private var bytes: [UInt8] = []

  /// The object functions of a hiredis reader. hiredis only reads the struct, and it is written once, here.
  nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    var made = redisReplyObjectFunctions()
    made.createString = { task, text, length in
      ReplyBuilder.of(task) { $0.addText(Int(task?.pointee.type ?? 0), text, length) }
    }
    made.createArray = { task, count in ReplyBuilder.of(task) { $0.add(.array, count: Int(count)) } }
    made.createInteger = { task, value in ReplyBuilder.of(task) { $0.add(.integer, value: Int(value)) } }
    made.createNil = { task in ReplyBuilder.of(task) { $0.add(.null) } }
    made.freeObject = { _ in }
    functions.initialize(to: made)
    return functions
  }()

  /// hiredis takes any pointer that is not NULL for an object; it never looks behind it.
  private static func of(
    _ task: UnsafePointer<redisReadTask>?, _ body: (ReplyBuilder) -> Void
  ) -> UnsafeMutableRawPointer? {
    guard let builder = task?.pointee.privdata else { return nil }
    body(Unmanaged<ReplyBuilder>.fromOpaque(builder).takeUnretainedValue())
    return builder
  }

  private func add(_ kind: Reply.Kind, value: Int = 0, count: Int = 0) {
    nodes.append(Reply.Node(kind: kind, value: value, count: count, end: nodes.count + 1))
  }

  private func addText(_ type: Int, _ text: UnsafeMutablePointer<CChar>?, _ length: Int) {
    let kind: Reply.Kind =
      switch Int32(type) {
      case REDIS_REPLY_ERROR: .error
      case REDIS_REPLY_STATUS: .status
      default: .string
      }
    add(kind, value: bytes.count, count: length)
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: text, count: length))
  }

  /// Gives the replies that were read and starts afresh.
  func take() -> [Reply] {
    // From the back, every array's elements already know where they end.
    for index in nodes.indices.reversed() where nodes[index].kind == .array {
      var end = index + 1
      for _ in 0..<nodes[index].count { end = nodes[end].end }
      nodes[index].end = end
    }
    let tape = Reply.Tape(nodes: nodes, bytes: bytes)
    let (nodeCount, byteCount) = (nodes.count, bytes.count)
    nodes = []
    bytes = []
    nodes.reserveCapacity(nodeCount)
    bytes.reserveCapacity(byteCount)
    var replies: [Reply] = []
    var next = 0
    while next < tape.nodes.count {
      replies.append(Reply(tape: tape, index: next))
      next = tape.nodes[next].end
    }
    return replies
  }
}
