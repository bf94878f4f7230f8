@testable import Redis

/// A reply as a server would send it.
indirect enum MadeReply {
  case null
  case integer(Int)
  case text(String)
  case error(String)
  case array([MadeReply])

  fileprivate func write(_ nodes: inout [Reply.Node], _ bytes: inout [UInt8]) {
    let place = nodes.count
    switch self {
    case .null: nodes.append(.init(kind: .null, value: 0, count: 0, end: place + 1))
    case .integer(let number): nodes.append(.init(kind: .integer, value: number, count: 0, end: place + 1))
    case .text(let text), .error(let text):
      let kind: Reply.Kind = if case .error = self { .error } else { .string }
      nodes.append(.init(kind: kind, value: bytes.count, count: text.utf8.count, end: place + 1))
      bytes += Array(text.utf8)
    case .array(let elements):
      nodes.append(.init(kind: .array, value: 0, count: elements.count, end: 0))
      for element in elements { element.write(&nodes, &bytes) }
      nodes[place].end = nodes.count
    }
  }
}

extension Reply {
  init(_ made: MadeReply) {
    var (nodes, bytes): ([Node], [UInt8]) = ([], [])
    made.write(&nodes, &bytes)
    self.init(tape: Tape(nodes: nodes, bytes: bytes), index: 0)
  }
}
