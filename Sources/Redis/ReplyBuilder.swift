import CHiredis

/// Collects what hiredis parses straight onto a tape: no C reply is ever made, so none can leak.
///
/// Used by one thread at a time, together with the connection that owns it.
final class ReplyBuilder {
  /// What the callbacks of a reader write to.
  struct Tape {
    var nodes: [Reply.Node] = []
    var bytes: [UInt8] = []
    /// Whether an error is among the nodes.
    var hasErrors = false

    mutating func add(_ kind: Reply.Kind, value: Int = 0, count: Int = 0) {
      nodes.append(Reply.Node(kind: kind, value: value, count: count, end: nodes.count + 1))
    }

    mutating func addText(_ type: Int32, _ text: UnsafeMutablePointer<CChar>?, _ length: Int) {
      let kind: Reply.Kind =
        switch type {
        case REDIS_REPLY_ERROR: .error
        case REDIS_REPLY_STATUS: .status
        default: .string
        }
      if kind == .error { hasErrors = true }
      add(kind, value: bytes.count, count: length)
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: text, count: length))
    }
  }

  /// Behind a pointer, for hiredis to carry: it is reached for every element of every reply.
  let tape: UnsafeMutablePointer<Tape>

  init() {
    tape = .allocate(capacity: 1)
    tape.initialize(to: Tape())
  }

  deinit {
    tape.deinitialize(count: 1)
    tape.deallocate()
  }

  /// The object functions of a hiredis reader. hiredis only reads the struct, and it is written once, here.
  ///
  /// What they return stands for an object: hiredis takes any pointer that is not NULL and never looks behind it.
  nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    var made = redisReplyObjectFunctions()
    made.createString = { task, text, length in
      guard let task, let tape = task.pointee.privdata else { return nil }
      tape.assumingMemoryBound(to: Tape.self).pointee.addText(Int32(task.pointee.type), text, length)
      return tape
    }
    made.createArray = { task, count in
      guard let tape = task?.pointee.privdata else { return nil }
      tape.assumingMemoryBound(to: Tape.self).pointee.add(.array, count: Int(count))
      return tape
    }
    made.createInteger = { task, value in
      guard let tape = task?.pointee.privdata else { return nil }
      tape.assumingMemoryBound(to: Tape.self).pointee.add(.integer, value: Int(value))
      return tape
    }
    made.createNil = { task in
      guard let tape = task?.pointee.privdata else { return nil }
      tape.assumingMemoryBound(to: Tape.self).pointee.add(.null)
      return tape
    }
    made.freeObject = { _ in }
    functions.initialize(to: made)
    return functions
  }()

  private static let mostReserved = 1 << 20

  /// How many bytes of text are on the tape.
  var byteCount: Int { tape.pointee.bytes.count }

  /// Whether an error is among the replies that were read.
  var hasErrors: Bool { tape.pointee.hasErrors }

  /// Gives the replies that were read and starts afresh.
  func take() -> [Reply] {
    // From the back, every array's elements already know where they end.
    var nodes = tape.pointee.nodes
    tape.pointee.nodes = []
    tape.pointee.hasErrors = false
    for index in nodes.indices.reversed() where nodes[index].kind == .array {
      var end = index + 1
      for _ in 0..<nodes[index].count { end = nodes[end].end }
      nodes[index].end = end
    }
    let read = Reply.Tape(nodes: nodes, bytes: tape.pointee.bytes)
    tape.pointee.bytes = []
    // The next replies are likely to be as large, unless these were uncommonly large.
    tape.pointee.nodes.reserveCapacity(min(read.nodes.count, Self.mostReserved))
    tape.pointee.bytes.reserveCapacity(min(read.bytes.count, Self.mostReserved))
    var replies: [Reply] = []
    var next = 0
    while next < read.nodes.count {
      replies.append(Reply(tape: read, index: next))
      next = read.nodes[next].end
    }
    return replies
  }
}
