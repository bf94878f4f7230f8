import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// Compresses what never changes once, instead of for every answer: the response compressor of swift-nio-extras in a
/// channel without a socket.
enum Gzip {
  /// Returns the bytes by gzip; nil if that fails.
  static func compress(_ bytes: ByteBuffer) -> ByteBuffer? {
    let channel = EmbeddedChannel(handler: HTTPResponseCompressor())
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    do {
      let asked = HTTPRequestHead(
        version: .http1_1, method: .GET, uri: "/", headers: ["Accept-Encoding": "gzip"])
      try channel.writeInbound(HTTPServerRequestPart.head(asked))
      try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)))
      try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(bytes)))
      try channel.writeOutbound(HTTPServerResponsePart.end(nil))
      var compressed = ByteBuffer()
      while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
        guard case .body(.byteBuffer(var piece)) = part else { continue }
        compressed.writeBuffer(&piece)
      }
      return compressed
    } catch {
      return nil
    }
  }
}
