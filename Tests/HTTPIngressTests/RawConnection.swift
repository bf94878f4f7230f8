import Foundation
import Testbed

/// A TCP connection that sends exactly the given bytes, unlike a client library.
final class RawConnection: Sendable {
  /// How long a test waits for bytes before it fails, in seconds.
  private static let patience = 30

  private let socket: Int32

  /// - Parameters:
  ///   - receives: the size of the receive buffer in bytes; nil for the system's default.
  ///   - address: the address to call from; nil for the usual one.
  init(port: Int, receives: Int32? = nil, from address: String? = nil) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var receives {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receives, socklen_t(MemoryLayout<Int32>.size))
    }
    var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let socket = socket
    func call(_ address: in_addr_t, _ port: Int, _ function: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
      -> Bool
    {
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      place.sin_addr.s_addr = address
      place.sin_port = in_port_t(port).bigEndian
      return withUnsafePointer(to: &place) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          function($0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
    }
    let isBound = address.map { call(inet_addr($0), 0) { bind(socket, $0, $1) } } ?? true
    guard isBound, call(UInt32(INADDR_LOOPBACK).bigEndian, port, { connect(socket, $0, $1) })
    else { throw POSIXError(.init(rawValue: errno) ?? .ECONNREFUSED) }
  }

  deinit { close(socket) }

  /// Sends all of the text. Returns false if the server has closed.
  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Closes the output side.
  func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// Returns what arrives until the text is found, the server closes, or the timeout ends.
  func read(until end: String? = nil) -> String {
    var bytes: [UInt8] = []
    while true {
      guard let part = readPart() else { return String(decoding: bytes, as: UTF8.self) }
      bytes += part
      let text = String(decoding: bytes, as: UTF8.self)
      if let end, text.contains(end) { return text }
    }
  }

  /// Returns whether the server closes before the timeout, whatever it sends before.
  func isClosed() -> Bool {
    while true {
      var part = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(socket, &part, part.count, 0)
      if count == 0 || count < 0 && errno == ECONNRESET { return true }
      if count < 0 { return false }
    }
  }

  /// Returns the next bytes; nil at the end.
  private func readPart() -> [UInt8]? {
    var part = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket, &part, part.count, 0)
    return count > 0 ? Array(part[..<count]) : nil
  }
}

extension TestIngress {
  var port: Int { base.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

  /// Sends bytes on a new connection. Returns all that arrives until the server closes.
  func raw(_ text: String) async throws -> String {
    let port = port
    return try await onThread {
      let connection = try RawConnection(port: port)
      connection.send(text)
      return connection.read()
    }
  }

  /// Works with a connection on a thread that can block.
  func connected<Result: Sendable>(
    receives: Int32? = nil, _ work: @escaping @Sendable (RawConnection) throws -> Result
  ) async throws -> Result {
    let port = port
    return try await onThread { try work(RawConnection(port: port, receives: receives)) }
  }
}
