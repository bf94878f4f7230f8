import Foundation

/// Files with secrets and certificates: small, and read again whenever they are needed.
public enum SmallFile {
  static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  /// Returns the content of a file. Throws `.untrusted` if it cannot be read, or has more than `most` bytes.
  ///
  /// - Parameter what: What the file is, for error messages.
  static func bytes(of path: String, most: Int, what: String) throws(RedisError) -> [UInt8] {
    func failure(_ why: String) -> RedisError {
      RedisError(.untrusted, "\(path), \(what), cannot be read: \(why)")
    }
    // Without O_NONBLOCK, a pipe would hold up whoever opens it.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure("\(String(cString: strerror(errno))).") }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { throw failure("it is no file.") }
    // One byte more shows that there is more.
    var bytes = [UInt8](repeating: 0, count: min(Int(facts.st_size), most) + 1)
    var count = 0
    while count < bytes.count {
      let found = bytes.withUnsafeMutableBytes {
        read(file, $0.baseAddress?.advanced(by: count), $0.count - count)
      }
      if found == 0 { break }
      guard found > 0 else { throw failure("\(String(cString: strerror(errno))).") }
      count += found
    }
    guard count <= most else { throw failure("it has more than \(most) bytes.") }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Returns the text of a file, without the line breaks at its end.
  ///
  /// Throws `.untrusted` if it cannot be read, has more than 8 KiB, or is empty.
  ///
  /// - Parameter what: What the file is, for error messages.
  public static func text(of path: String, what: String) throws(RedisError) -> String {
    var bytes = try bytes(of: path, most: 8192, what: what)
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
      throw RedisError(.untrusted, "\(path), \(what), has no text in it.")
    }
    return text
  }
}
