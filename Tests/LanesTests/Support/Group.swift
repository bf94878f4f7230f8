import Redis
import Testing

/// What `XINFO GROUPS` reports about a group; nil if Redis does not know.
struct Group: Equatable {
  var read: Int?
  var lag: Int?
  var last: String?
}

extension Group {
  init(_ name: String, of stream: String, _ connection: RedisConnection) throws {
    let groups = try connection.call("XINFO", "GROUPS", stream)
    let found = groups.first { $0[1]?.string == name }
    let parts = Array(try #require(found, "\(stream) has no group \(name)"))
    let value = { (field: String) in
      stride(from: 0, to: parts.count, by: 2).first { parts[$0].string == field }.map { parts[$0 + 1] }
    }
    #expect(value("pending")?.integer == 0)
    read = value("entries-read")?.integer
    lag = value("lag")?.integer
    last = value("last-delivered-id")?.string
  }
}
