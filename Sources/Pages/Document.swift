import Crypto
import Hummingbird

/// What is the same until the next release, so that clients can keep it and ask whether it still is.
package struct Document: Sendable {
  private let contentType: String
  private let bytes: ByteBuffer
  /// The same by gzip; nil if that is not smaller.
  private let compressed: ByteBuffer?
  /// A digest of what it contains.
  private let tag: String
  private let headers: HTTPFields

  /// - Parameters:
  ///   - vary: The header of a request on which it depends, besides how it is compressed.
  ///   - headers: More headers of the answer.
  package init(_ contentType: String, _ bytes: [UInt8], vary: String? = nil, headers: HTTPFields = [:]) {
    self.contentType = contentType
    self.bytes = ByteBuffer(bytes: bytes)
    compressed = Gzip.compress(self.bytes).flatMap { $0.readableBytes < bytes.count ? $0 : nil }
    tag = SHA256.hash(data: bytes).prefix(12)
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    var headers = headers
    headers[.cacheControl] = "no-cache"
    headers[.vary] = ["Accept-Encoding", vary].compactMap(\.self).joined(separator: ", ")
    self.headers = headers
  }

  /// How long it is, in bytes, without compression.
  var size: Int { bytes.readableBytes }

  /// Returns the document, compressed if the client takes that, or a 304 to a client that has it.
  package func response(to request: Request) -> Response {
    var headers = headers
    let packed = Self.takesGzip(request.headers[values: .acceptEncoding]) ? compressed : nil
    // Another representation has another tag.
    let tag = packed == nil ? tag : tag + "-gzip"
    headers[.eTag] = "\"\(tag)\""
    let known = request.headers[values: .ifNoneMatch].joined(separator: ",").split(separator: ",")
      .map { $0.filter { $0 != " " && $0 != "\t" } }
    // Weak comparison (RFC 9110, 13.1.2): a proxy can have made the tag weak.
    if known.contains(where: { $0 == "*" || $0 == "\"\(tag)\"" || $0 == "W/\"\(tag)\"" }) {
      return Response(status: .notModified, headers: headers)
    }
    headers[.contentType] = contentType
    // Not on a 304, which has no body that a client could decode.
    if packed != nil { headers[.contentEncoding] = "gzip" }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed ?? bytes))
  }

  private static func takesGzip(_ accepted: [String]) -> Bool {
    for coding in accepted.flatMap({ $0.lowercased().split(separator: ",") }) {
      let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard parts.first == "gzip" else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      return weight > 0
    }
    return false
  }
}
