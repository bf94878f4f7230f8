import Synchronization

/// The sentinels that watch a primary, and that say where it is now.
struct Sentinels: Sendable {
  /// How long one of them can take to connect, and then to answer.
  private static let patience = Duration.milliseconds(300)
  /// The one that answered last is asked first: others may be away, and cost time.
  private static let last = Mutex<RedisNode?>(nil)

  let nodes: [RedisNode]
  let primary: String

  /// Returns the URL of the primary, as the first sentinel that knows one says. It may be out of date.
  ///
  /// - Parameter url: The credentials for the primary, and for sentinels that ask for some.
  func find(as url: RedisURL) throws(RedisError) -> RedisURL {
    let last = Self.last.withLock { $0 }
    var failures: [RedisError] = []
    for node in nodes.filter({ $0 == last }) + nodes.filter({ $0 != last }) {
      do throws(RedisError) {
        let found = try ask(node, as: url)
        Self.last.withLock { $0 = node }
        return RedisURL(of: found, as: url)
      } catch {
        failures.append(error)
      }
    }
    // A wrong name or password stays wrong, unless a sentinel that is away knows better.
    let code = failures.first { $0.canRetry }?.code ?? failures.first?.code ?? .unavailable
    let reasons = failures.map(\.message).joined(separator: " ")
    throw RedisError(code, "No sentinel knows the primary “\(primary)”. \(reasons)")
  }

  private func ask(_ node: RedisNode, as url: RedisURL) throws(RedisError) -> RedisNode {
    var address = RedisURL(of: node, as: url)
    let signed = address
    (address.user, address.password, address.passwordFile) = (nil, nil, nil)
    do throws(RedisError) {
      return try ask(node, at: address)
    } catch  where error.code == .refused(kind: .noAuthentication) && signed.hasPassword {
      return try ask(node, at: signed)
    }
  }

  private func ask(_ node: RedisNode, at address: RedisURL) throws(RedisError) -> RedisNode {
    let connection = try RedisConnection(
      address, connectTimeout: Self.patience, commandTimeout: Self.patience)
    let reply = try connection.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", primary)
    guard !reply.isNull else { throw RedisError(.unavailable, "The sentinel \(node) does not know it.") }
    guard let found = RedisNode(announced: reply[0]?.string, port: reply[1]?.integer, by: node) else {
      throw RedisError(.unexpectedReply, "The sentinel \(node) names no address.")
    }
    return found
  }
}
