import Hummingbird
import NIOCore

/// What is known about a call besides its request.
struct IngressContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Who calls.
  var viewer = Viewer.anyone
  /// When its token ends, in seconds since 1970; nil without one.
  var tokenEnd: Double?
  private let channel: any Channel

  init(source: Source) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// The other end of the connection: the client, or the last proxy before this server.
  var peer: SocketAddress? { channel.remoteAddress }

  /// The id in the path.
  func id() throws -> Int { try URLText.id(try parameters.require("id")) }

  /// Returns a path parameter, percent-decoded.
  func text(_ name: String) throws -> String { try URLText.decode(try parameters.require(name), name) }
}
