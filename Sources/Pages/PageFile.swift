import Crypto
import NIOCore

/// One file of a page, ready to be sent.
struct PageFile: Sendable {
  let contentType: String
  let bytes: ByteBuffer
  /// The same by gzip; nil if that is not smaller.
  let compressed: ByteBuffer?
  /// Its entity tag: a digest of what it contains.
  let tag: String

  /// - Parameter name: The file's name, whose extension tells its type.
  init(_ name: String, _ bytes: [UInt8]) {
    contentType = Self.contentType(of: name)
    self.bytes = ByteBuffer(bytes: bytes)
    let smaller = Gzip.compress(self.bytes)
    compressed = smaller.flatMap { $0.readableBytes < bytes.count ? $0 : nil }
    tag = SHA256.hash(data: bytes).prefix(12).map { String(UInt16($0) + 256, radix: 16).suffix(2) }.joined()
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
