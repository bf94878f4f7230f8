import Foundation
import NIOCore
import Synchronization

/// Counts a server's open connections, in all and of each client, and limits them.
final class ConnectionCount: Sendable {
  enum Admission {
    case welcome
    /// Over the limit: the connection is answered with a problem.
    case refused(Problem)
    /// Far over the limit: the connection is closed without an answer.
    case crowded
  }

  /// How many connections over the limit can be answered at the same time, in all and of one client.
  private static let (spare, spareOfClient) = (32, 2)
  /// How many file descriptors the process needs besides its connections.
  private static let otherFiles = 64

  private let limit: Int
  private let limitOfClient: Int
  private let proxies: [AddressRange]
  private let open = Atomic(0)
  private let clients = Mutex<[ClientAddress: Int]>([:])

  /// - Parameters:
  ///   - limits: the most connections; lowered if the process can open fewer files than that.
  ///   - proxies: who brings the connections of many clients, and so may have as many as there are.
  init(_ limits: ServerLimits, proxies: [AddressRange]) {
    var files = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
    let most = isKnown ? Int(clamping: files.rlim_cur) - Self.otherFiles - Self.spare : limits.connections
    limit = max(1, min(limits.connections, most))
    limitOfClient = limits.connectionsPerClient
    self.proxies = proxies
  }

  /// Counts one more connection. Balance each call with `leave`.
  func enter(_ address: SocketAddress?) -> Admission {
    let count = open.add(1, ordering: .relaxed).newValue
    if let client = limited(address) {
      let count = clients.withLock { clients in
        clients[client, default: 0] += 1
        return clients[client, default: 0]
      }
      if count > limitOfClient {
        // Its answers must not take the room of others: they too are connections for a while.
        return count <= limitOfClient + Self.spareOfClient ? .refused(.tooManyConnectionsOfClient) : .crowded
      }
    }
    if count <= limit { return .welcome }
    return count <= limit + Self.spare ? .refused(.tooManyConnections) : .crowded
  }

  func leave(_ address: SocketAddress?) {
    open.subtract(1, ordering: .relaxed)
    guard let client = limited(address) else { return }
    clients.withLock { clients in
      let rest = clients[client, default: 1] - 1
      clients[client] = rest == 0 ? nil : rest
    }
  }

  /// Returns the client whose connections are counted; nil if they are not.
  private func limited(_ address: SocketAddress?) -> ClientAddress? {
    guard limitOfClient > 0, let address, !address.isIn(proxies) else { return nil }
    return ClientAddress(address)
  }
}
