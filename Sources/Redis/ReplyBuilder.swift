import CHiredis

/// Collects what hiredis parses directly on a tape. No C reply object is created, so none can leak.
///
/// Used by one thread at a time, like the connection that owns it.
final class ReplyBuilder {
  /// The tape that the callbacks of a reader write to.
  struct Tape {
    var nodes: [Reply.Node] = []
    var bytes: [UInt8] = []
    /// Whether any of the nodes is an error.
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

  /// A pointer, because hiredis passes it to the callbacks. It is accessed for each element of each reply.
  let tape: UnsafeMutablePointer<Tape>

  init() {
    tape = .allocate(capacity: 1)
    tape.initialize(to: Tape())
  }

  deinit {
    tape.deinitialize(count: 1)
    tape.deallocate()
  }

  /// The object functions of a hiredis reader. hiredis only reads this struct; it is written once, here.
  ///
  /// Their results stand for reply objects: hiredis only checks for NULL and never dereferences them.
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

  /// The number of bytes of text on the tape.
  var byteCount: Int { tape.pointee.bytes.count }

  /// Whether any reply that was read contains an error.
  var hasErrors: Bool { tape.pointee.hasErrors }

  /// Returns the replies that were read, and clears the tape.
  func take() -> [Reply] {
    // In reverse, so that the ends of an array's elements are already known.
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
    // The next replies are probably as large, unless these were unusually large.
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
