import Keys
import Lanes
import Market
import Redis

/// Moves what has left from the shards' streams into files.
package struct Archiver {
  /// How many records are in memory at a time.
  static let page = 500

  private let connection: any RedisLink
  private let folder: ArchiveFolder
  private let shards: Int

  package init(_ connection: any RedisLink, to folder: ArchiveFolder) throws {
    self.connection = connection
    self.folder = folder
    shards = try connection.shardCount()
  }

  /// Writes everything that is in the streams to the files, and then removes exactly that from the streams.
  ///
  /// It can be interrupted at any point and repeated: nothing is lost, and no line is there twice. No other one may run
  /// at the same time. Returns how many records were written.
  package func run() throws -> Int {
    var count = 0
    for shard in (0..<shards).map({ Shard($0) }) {
      while let page = try firstPage(of: shard) {
        count += try folder.add(page.records)
        let next = EntryID(milliseconds: page.last.milliseconds, sequence: page.last.sequence + 1)
        try connection.call("XTRIM", Key.archive(of: shard), "MINID", "=", "\(next)")
      }
    }
    return count
  }

  private func firstPage(of shard: Shard) throws -> (records: [ArchiveRecord], last: EntryID)? {
    let found = try connection.call("XRANGE", Key.archive(of: shard), "-", "+", "COUNT", "\(Self.page)")
    let records = try found.map { entry in
      guard let entry = StreamEntry(entry) else {
        throw ArchiveError("The archive of shard \(shard.index) has an entry that cannot be read.")
      }
      return try ArchiveRecord(entry, in: shard)
    }
    return records.last.map { (records, $0.entry) }
  }
}
