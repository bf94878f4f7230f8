import Foundation
import Lanes
import Market

/// The archive outside of Redis: a folder for each day, in it a file for each shard, in it a line for each record.
///
/// Lines are only ever added. What was on its way to a file when a process or the machine ended is written again: an
/// incomplete last line is cut off, and a record whose line is there already is not added twice.
package struct ArchiveFolder {
  private static let newline = UInt8(ascii: "\n")
  /// How much of a file is in memory at a time, in bytes.
  private static let piece = 1 << 20

  package let folder: URL

  package init(_ path: String) { folder = URL(filePath: path, directoryHint: .isDirectory) }

  // MARK: Writing

  /// Adds records of one shard, in their order. When it returns they are on the disk.
  ///
  /// Returns how many were added; the others were there already.
  func add(_ records: [ArchiveRecord]) throws -> Int {
    var rest = records[...]
    var added = 0
    while let first = rest.first {
      let same = rest.prefix { $0.day == first.day }
      added += try add(Array(same), to: file(first.day, first.shard))
      rest = rest.dropFirst(same.count)
    }
    return added
  }

  private func add(_ records: [ArchiveRecord], to file: URL) throws -> Int {
    guard let first = records.first else { return 0 }
    let day = file.deletingLastPathComponent()
    let isNew = !FileManager.default.fileExists(atPath: folder.path)
    try FileManager.default.createDirectory(
      at: day, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    if !FileManager.default.fileExists(atPath: file.path) {
      guard
        FileManager.default.createFile(
          atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
      else { throw ArchiveError("\(file.path) cannot be written.") }
    }
    let handle = try FileHandle(forUpdating: file)
    defer { try? handle.close() }
    let last = try Self.mend(handle)
    var lines = try records.map { Array("\(try $0.line)\n".utf8) }
    // Usually all of them are later than what the file has.
    if last.map({ ArchiveRecord(line: $0).map { $0.entry >= first.entry } ?? true }) ?? false {
      var known: Set<[UInt8]> = []
      let wanted = Set(lines)
      try Self.eachLine(of: file) { line in
        let whole = line + [Self.newline]
        if wanted.contains(whole) { known.insert(whole) }
      }
      lines.removeAll { known.contains($0) }
    }
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(lines.joined()))
    try handle.synchronize()
    // A file is there only once its folder knows it, and so is a folder.
    for place in [day, folder] + (isNew ? [folder.deletingLastPathComponent()] : []) {
      try Disk.synchronize(place)
    }
    return lines.count
  }

  /// Cuts off what is behind the last complete line, and returns that line; nil if there is none.
  private static func mend(_ handle: FileHandle) throws -> [UInt8]? {
    let size = try handle.seekToEnd()
    var end: UInt64?
    var tail: [UInt8] = []
    var start = size
    while start > 0 {
      let step = min(start, 1 << 16)
      start -= step
      try handle.seek(toOffset: start)
      tail = Array(try handle.read(upToCount: Int(step)) ?? Data()) + tail
      if end == nil, let last = tail.lastIndex(of: newline) {
        end = start + UInt64(last) + 1
        tail.removeSubrange(last...)
      }
      if end != nil, let before = tail.lastIndex(of: newline) {
        tail.removeSubrange(...before)
        break
      }
    }
    if end != size { try handle.truncate(atOffset: end ?? 0) }
    return end == nil ? nil : tail
  }

  // MARK: Reading

  private func file(_ day: String, _ shard: Shard) -> URL {
    folder.appending(path: day, directoryHint: .isDirectory).appending(path: "\(shard.index).ndjson")
  }

  /// Returns the days that have records, the oldest first. Throws if there is no such folder.
  package func days() throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.wholeMatch(of: /\d{4,}-\d\d-\d\d/) != nil }.sorted { ($0.count, $0) < ($1.count, $1) }
    } catch {
      throw ArchiveError("\(folder.path) cannot be read: is it the folder of handover archive --to?")
    }
  }

  /// Passes all records of a shard to `body`, those of all shards if there is none, from a day on. Lines that are no
  /// records are left out.
  package func each(
    of shard: Shard? = nil, since day: String? = nil, _ body: (ArchiveRecord) throws -> Void
  ) throws {
    for found in try days() where day.map({ ($0.count, $0) <= (found.count, found) }) ?? true {
      for file in try files(of: found, shard) {
        try Self.eachLine(of: file) { line in if let record = ArchiveRecord(line: line) { try body(record) } }
      }
    }
  }

  private func files(of day: String, _ shard: Shard?) throws -> [URL] {
    if let shard {
      return [file(day, shard)].filter { FileManager.default.fileExists(atPath: $0.path) }
    }
    let place = folder.appending(path: day, directoryHint: .isDirectory)
    return try FileManager.default.contentsOfDirectory(atPath: place.path)
      .compactMap { $0.wholeMatch(of: /(\d+)\.ndjson/).flatMap { Int($0.1) } }.sorted()
      .map { file(day, Shard($0)) }
  }

  /// Passes the complete lines of a file to `body`, without their ends.
  private static func eachLine(of file: URL, _ body: ([UInt8]) throws -> Void) throws {
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }
    var rest: [UInt8] = []
    while let piece = try handle.read(upToCount: piece), !piece.isEmpty {
      rest += piece
      var start = rest.startIndex
      while let end = rest[start...].firstIndex(of: newline) {
        try body(Array(rest[start..<end]))
        start = end + 1
      }
      rest.removeSubrange(..<start)
    }
  }

  // MARK: Changing

  /// Replaces lines: each file that has one is written again, beside itself, and then takes its own place.
  ///
  /// Returns how many lines are others now.
  func rewrite(_ change: (ArchiveRecord) -> ArchiveRecord?) throws -> Int {
    var count = 0
    for day in try days() {
      for file in try files(of: day, nil) {
        var changed = 0
        try Self.eachLine(of: file) { line in
          if let record = ArchiveRecord(line: line), change(record) != nil { changed += 1 }
        }
        if changed > 0 { try rewrite(file, change) }
        count += changed
      }
    }
    return count
  }

  private func rewrite(_ file: URL, _ change: (ArchiveRecord) -> ArchiveRecord?) throws {
    let next = file.appendingPathExtension("next")
    guard
      FileManager.default.createFile(
        atPath: next.path, contents: nil, attributes: [.posixPermissions: 0o600])
    else { throw ArchiveError("\(next.path) cannot be written.") }
    let handle = try FileHandle(forWritingTo: next)
    defer { try? handle.close() }
    try Self.eachLine(of: file) { line in
      let changed = try ArchiveRecord(line: line).flatMap(change)?.line
      try handle.write(contentsOf: Data((changed.map { Array($0.utf8) } ?? line) + [Self.newline]))
    }
    try handle.synchronize()
    guard rename(next.path, file.path) == 0 else { throw ArchiveError("\(file.path) cannot be replaced.") }
    try Disk.synchronize(file.deletingLastPathComponent())
  }
}
