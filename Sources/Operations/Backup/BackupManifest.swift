/// What a backup consists of: `backup.json`. It is written last, so a folder that has one is complete.
package struct BackupManifest: Codable, Equatable, Sendable {
  /// The copy of one server's data.
  package struct File: Codable, Equatable, Sendable {
    package let name: String
    /// The server, without a password.
    package let server: String
    package let bytes: Int
    package let sha256: String
  }

  /// The layout of this file that this release writes, and the only one that it reads.
  package static let layout = 1

  package let layout: Int
  package let release: String
  /// The format of the data, see `DataFormat`.
  package let format: Int
  package let shards: Int
  /// The database of the servers that has the data.
  package let database: Int
  /// What was there when the backup began is in it. ISO 8601.
  package let begun: String
  package let ended: String
  /// How far the inlets were read before the first server was copied, by their workers. The copies of the shards have
  /// what was read by then.
  package let inlets: [String: String]
  package let files: [File]

  /// The size of all files.
  package var bytes: Int { files.map(\.bytes).reduce(0, +) }
}
