import Foundation
import Keys
import Lanes
import Market
import Redis
import Workers

/// Copies the data of all servers into a folder while the system runs.
///
/// Each server's copy is of one moment. Those of a cluster are of different moments: what is on several servers, and
/// so can differ, is made to agree when it is restored (see `Restoration`).
package struct Backup {
  private let redis: RedisDeployment
  private let root: URL

  /// - Parameter path: The folder in which every backup gets a folder of its own, named after its time.
  package init(of redis: RedisDeployment, to path: String) {
    self.redis = redis
    root = URL(filePath: path, directoryHint: .isDirectory)
  }

  /// Makes a backup. Throws `SettledSlots.Unsettled` if slots of a cluster move meanwhile: then it would lack some keys.
  ///
  /// - Parameters:
  ///   - snapshot: Writes a copy of a server's data to a file.
  package func run(snapshot: (RedisURL, URL) throws -> Void) throws -> StoredBackup {
    let link = try redis.connect()
    let (shards, format) = (try link.shardCount(), try FormatState(on: link).writes)
    let slots = try SettledSlots(on: link)
    let begun = try link.now()
    // Before any copy: what was read by then is in the copy of its shard, whichever server has that.
    let inlets = try Self.positions(link)
    let servers = try link.eachMaster { (_, connection) throws(RedisError) in connection.server }
    let name = begun.description.replacing(":", with: "-")
    let place = root.appending(path: "\(name)\(StoredBackup.incomplete)", directoryHint: .isDirectory)
    try makeFolder(place)
    var files: [BackupManifest.File] = []
    for (number, server) in servers.enumerated() {
      let file = place.appending(path: "redis-\(number + 1).rdb")
      guard
        FileManager.default.createFile(
          atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
      else { throw BackupError("\(file.path) cannot be written.") }
      try snapshot(server, file)
      let (bytes, digest) = try StoredBackup.digest(of: file)
      files.append(
        BackupManifest.File(name: file.lastPathComponent, server: "\(server)", bytes: bytes, sha256: digest))
      try Disk.synchronize(file)
    }
    try slots.mustLast(on: link)
    let manifest = BackupManifest(
      layout: BackupManifest.layout, release: Release.version, format: format, shards: shards,
      database: servers.first?.database ?? 0, begun: "\(begun)", ended: "\(try link.now())",
      inlets: inlets,
      files: files)
    let done = root.appending(path: name, directoryHint: .isDirectory)
    try write(manifest, to: place)
    guard rename(place.path, done.path) == 0 else {
      throw BackupError("\(place.path) cannot be renamed to \(done.path).")
    }
    try Disk.synchronize(root)
    let backup = try StoredBackup(folder: done)
    try link.call("HSET", Key.lastBackup, "at", manifest.ended, "to", done.path)
    return backup
  }

  /// Notes that a backup was found to be good.
  package func note(checked backup: StoredBackup) throws {
    let link = try redis.connect()
    try link.call("HSET", Key.lastBackup, "checkedAt", "\(try link.now())")
  }

  /// Removes the oldest backups but for `count`, and what interrupted ones left more than a day ago. Returns how many
  /// were removed.
  package func prune(keeping count: Int) throws -> Int {
    var old = StoredBackup.names(in: root).dropLast(count).map(\.self)
    let deadline = try redis.connect().now().advanced(by: -86_400_000).description
    let found = try FileManager.default.contentsOfDirectory(atPath: root.path)
    old += found.filter {
      $0.hasSuffix(StoredBackup.incomplete) && $0 < deadline.replacing(":", with: "-")
    }
    for name in old { try FileManager.default.removeItem(at: root.appending(path: name)) }
    return old.count
  }

  /// Returns how far each inlet was read, as its lane's cursor says.
  private static func positions(_ link: any RedisLink) throws(RedisError) -> [String: String] {
    var positions: [String: String] = [:]
    for worker in DecidingWorker.allCases {
      let inlet = InletCursor(worker)
      positions[worker.rawValue] = try link.call("HGET", inlet.key, inlet.stream).string
    }
    return positions
  }

  private func makeFolder(_ place: URL) throws {
    do {
      try FileManager.default.createDirectory(
        at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw BackupError("\(place.path) cannot be made: \(error.localizedDescription)")
    }
  }

  private func write(_ manifest: BackupManifest, to place: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = place.appending(path: StoredBackup.manifestName)
    try encoder.encode(manifest).write(to: file)
    try Disk.synchronize(file)
    try Disk.synchronize(place)
  }
}

/// Where the lane of an inlet keeps how far it has read.
struct InletCursor {
  let worker: DecidingWorker

  init(_ worker: DecidingWorker) { self.worker = worker }

  var stream: String { Key.inlet(worker) }
  var key: String { LaneName(worker: worker.rawValue, tag: "{\(stream)}").cursor }
}

extension RedisLink {
  /// Returns the time of the server that has the number of shards.
  func now() throws(RedisError) -> Moment {
    let reply = try on(Key.shardCount) { (connection) throws(RedisError) in try connection.call("TIME") }
    guard let seconds = reply[0]?.integer, let microseconds = reply[1]?.integer else {
      throw RedisError(.unexpectedReply, "TIME returned no time.")
    }
    return Moment(milliseconds: UInt64(seconds * 1000 + microseconds / 1000))
  }
}
