import Foundation
import Runtime

/// A folder for temporary files that no other user can enter, although its name is predictable.
enum PrivateFolder {
  /// Creates the folder if necessary and returns its path. Throws if something else exists there, perhaps
  /// created by another user.
  static func make(in temporary: String = "/tmp") throws -> String {
    let path = "\(temporary)/handover-\(getuid())"
    mkdir(path, 0o700)
    var facts = stat()
    // `lstat` does not follow a link, which another user can have created.
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == getuid(),
      facts.st_mode & 0o077 == 0
    else {
      throw StartError(
        "\(path) is not a folder that only this user can enter: remove it, or choose a shorter data path (--data, HANDOVER_DATA)."
      )
    }
    return path
  }
}
