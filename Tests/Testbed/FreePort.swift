import Foundation
import Synchronization

/// A TCP port of the loopback that nobody listened on a moment ago, and that nobody is given by chance.
///
/// Not one of the ephemeral range: the kernel gives those to outgoing connections, so a port that a stopped server
/// is to have again may be taken by then.
package enum FreePort {
  private static let range = 15_000..<31_000
  /// Every process begins elsewhere, and no two tests of a process are told the same port.
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
    // On all addresses: a server of the machine that listens there is in the way too.
    address.sin_addr.s_addr = INADDR_ANY
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
