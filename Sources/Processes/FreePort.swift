import Foundation
import Synchronization

/// Finds a TCP port of the loopback that is free, and that no process gets by chance.
///
/// Not from the ephemeral range: the kernel uses that for outgoing connections, so the port of a stopped
/// server could be taken before the server starts again.
package enum FreePort {
  private static let range = 15_000..<31_000
  /// Every process begins at a random port, and a process never gets the same port twice.
  private static let next = Mutex(Int.random(in: range))

  package static func find() throws -> Int {
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
    // On all addresses: another server that listens on the port would be in the way too.
    address.sin_addr.s_addr = INADDR_ANY
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
