import Foundation
import Processes
import Synchronization

/// Forwards connections to a server from an address of its own, so that the server can tell whose they are.
final class SourceProxy: Sendable {
  /// Where it listens.
  let port: Int
  private let listening: Int32
  private let open = Mutex<[Int32]>([])

  /// - Parameters:
  ///   - target: The port of the server on this machine.
  ///   - source: The address from which it connects there, one of 127.0.0.0/8.
  init(to target: Int, from source: String) throws {
    port = try FreePort.find()
    listening = Self.socket()
    guard Self.withAddress("127.0.0.1", port, { bind(listening, $0, $1) }) == 0, listen(listening, 64) == 0
    else { throw POSIXError(.EADDRINUSE) }
    Thread.detachNewThread { [listening, weak self] in
      while true {
        let client = accept(listening, nil, nil)
        guard client >= 0, let self else { break }
        let server = Self.socket()
        guard Self.withAddress(source, 0, { bind(server, $0, $1) }) == 0,
          Self.withAddress("127.0.0.1", target, { connect(server, $0, $1) }) == 0
        else {
          close(client)
          close(server)
          continue
        }
        forward(client, server)
      }
      close(listening)
    }
  }

  deinit {
    // Their threads close them.
    shutdown(listening, Int32(SHUT_RDWR))
    open.withLock { for socket in $0 { shutdown(socket, Int32(SHUT_RDWR)) } }
  }

  /// Copies both ways until one side ends.
  private func forward(_ client: Int32, _ server: Int32) {
    open.withLock { $0 += [client, server] }
    let ended = DispatchGroup()
    for (from, to) in [(client, server), (server, client)] {
      ended.enter()
      Thread.detachNewThread {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        copying: while true {
          let count = recv(from, &bytes, bytes.count, 0)
          guard count > 0 else { break }
          var sent = 0
          while sent < count {
            let some = bytes.withUnsafeBytes {
              send(to, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
            }
            guard some > 0 else { break copying }
            sent += some
          }
        }
        for socket in [from, to] { shutdown(socket, Int32(SHUT_RDWR)) }
        ended.leave()
      }
    }
    Thread.detachNewThread { [weak self] in
      ended.wait()
      self?.open.withLock { $0.removeAll { [client, server].contains($0) } }
      for socket in [client, server] { close(socket) }
    }
  }

  private static func socket() -> Int32 { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

  private static func withAddress(
    _ host: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
