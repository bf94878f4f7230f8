import Foundation
import Runtime

/// A folder for short-lived files that nobody else can enter, though its name can be guessed.
enum PrivateFolder {
  /// Gives its path. Throws where something else lies there: another user may have been quicker.
  static func make(in temporary: String = "/tmp") throws -> String {
    let path = "\(temporary)/handover-\(getuid())"
    mkdir(path, 0o700)
    var facts = stat()
    // Not through a link, which somebody else may have laid.
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == getuid(),
      facts.st_mode & 0o077 == 0
    else {
      throw StartError(
        "\(path) is not a folder that only this user can enter: take it away, or give a shorter path for the data (--data, HANDOVER_DATA)."
      )
    }
    return path
  }
}
