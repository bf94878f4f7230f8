import Foundation

/// What has to be on the disk before something else may happen.
enum Disk {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Waits until a file or a folder is on the disk. A file is there only once its folder knows it.
  static func synchronize(_ place: URL) throws {
    let handle = open(place.path, O_RDONLY)
    guard handle >= 0 else { throw Failure(description: "\(place.path) cannot be opened.") }
    defer { close(handle) }
    guard fsync(handle) == 0 else {
      throw Failure(description: "\(place.path) cannot be written to the disk.")
    }
  }
}
