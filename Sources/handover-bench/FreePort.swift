import Foundation
import Synchronization

/// Finds a TCP port that nobody listened on a moment ago, outside the ephemeral range.
///
/// The kernel assigns ephemeral ports to outgoing connections, so a server that stops and restarts could find
/// its port in use.
enum FreePort {
  private static let range = 15_000..<31_000
  /// The next candidate. Starts at a random port, so that processes differ; no port is returned twice in a
  /// process.
  private static let next = Mutex(Int.random(in: range))

  static func find() throws -> Int {
    for _ in range {
      let port = next.withLock { next in
        next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
        return next
      }
      if isFree(port) { return port }
    }
    throw POSIXError(.EADDRINUSE)
  }

  private static func isFree(_ port: Int) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    // Binds to all addresses, to detect servers that listen on any of them.
    address.sin_addr.s_addr = INADDR_ANY
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
