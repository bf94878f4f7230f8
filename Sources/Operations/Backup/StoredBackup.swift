import Crypto
import Foundation
import Keys
import Market

/// Why a backup cannot be made, read or restored.
package struct BackupError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// A complete backup in a folder.
package struct StoredBackup: Sendable {
  static let manifestName = "backup.json"
  /// The end of the name of a folder that is not complete.
  static let incomplete = ".incomplete"

  package let folder: URL
  package let manifest: BackupManifest

  /// Opens a backup, or the newest complete one in a folder of backups.
  package init(_ path: String) throws {
    let place = URL(filePath: path, directoryHint: .isDirectory)
    let newest = Self.names(in: place).last.map { place.appending(path: $0, directoryHint: .isDirectory) }
    guard let folder = Self.isComplete(place) ? place : newest else {
      throw BackupError(
        "There is no complete backup in \(place.path): is it the folder of handover backup --to?")
    }
    try self.init(folder: folder)
  }

  init(folder: URL) throws {
    self.folder = folder
    let file = folder.appending(path: Self.manifestName)
    do {
      manifest = try JSONDecoder().decode(BackupManifest.self, from: Data(contentsOf: file))
    } catch {
      throw BackupError("\(file.path) cannot be read: \(error)")
    }
    guard manifest.layout == BackupManifest.layout, manifest.format <= DataFormat.current else {
      throw BackupError(
        """
        \(folder.path) was made by release \(manifest.release), of data of format \(manifest.format), which this \
        release, \(Release.version), cannot read: use that release or a later one.
        """)
    }
    guard !manifest.files.isEmpty, begun != nil,
      manifest.files.allSatisfy({ $0.name.wholeMatch(of: /redis-\d+\.rdb/) != nil })
    else { throw BackupError("\(file.path) does not describe a backup.") }
  }

  package var begun: Moment? { Moment(manifest.begun) }

  /// The copies of the servers.
  package var files: [URL] { manifest.files.map { folder.appending(path: $0.name) } }

  /// Throws if a file is missing or is not what was written.
  package func verify() throws {
    for (file, url) in zip(manifest.files, files) {
      let (bytes, digest) = try Self.digest(of: url)
      guard bytes == file.bytes, digest == file.sha256 else {
        throw BackupError(
          """
          \(url.path) is not what was written: it has \(bytes) bytes and the SHA-256 \(digest), instead of \
          \(file.bytes) and \(file.sha256). Use another backup.
          """)
      }
    }
  }

  /// Returns the size and the SHA-256 of a file.
  static func digest(of file: URL) throws -> (bytes: Int, sha256: String) {
    let handle: FileHandle
    do { handle = try FileHandle(forReadingFrom: file) } catch {
      throw BackupError("\(file.path) cannot be read: it is missing, or belongs to somebody else.")
    }
    defer { try? handle.close() }
    var (bytes, hash) = (0, SHA256())
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
      bytes += piece.count
      hash.update(data: piece)
    }
    return (bytes, hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
  }

  static func isComplete(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: manifestName).path)
  }

  /// Returns the names of the complete backups in a folder, the oldest first.
  static func names(in root: URL) -> [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return found.filter {
      $0.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z/) != nil
        && isComplete(root.appending(path: $0, directoryHint: .isDirectory))
    }.sorted()
  }
}
