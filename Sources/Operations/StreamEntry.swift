import Lanes
import Market
import Redis

/// A stream entry as it is stored.
package struct StreamEntry {
  package let id: EntryID
  private let body: Reply

  /// Nil if the reply is not an entry as `XRANGE` and `XREAD` return them.
  package init?(_ reply: Reply) {
    guard let id = reply[0]?.string.flatMap({ EntryID($0) }), let body = reply[1] else { return nil }
    self.id = id
    self.body = body
  }

  /// Returns the fields as a worker reads them. Throws if a name or a value is not UTF-8.
  package func fields() throws(FieldError) -> Fields { try Fields(reading: body) }

  /// The fields as people see them, whether or not a worker can read them.
  package var shown: Fields { Fields(shown: body) }
}

extension Fields {
  /// Reads alternating names and values, with replacement characters for invalid UTF-8.
  init(shown body: Reply) {
    self.init()
    pairs.reserveCapacity(body.count / 2)
    var parts = body.makeIterator()
    while let name = parts.next()?.text, let value = parts.next()?.text { append(name, value) }
  }
}

extension Reply {
  /// The text, with replacement characters for invalid UTF-8.
  var text: String? { withBytes { String(decoding: $0, as: UTF8.self) } }
}
