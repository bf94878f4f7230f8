import Foundation

/// A certificate authority for the servers of a test or a benchmark, which signs what it is asked to. Needs openssl.
package struct TestAuthority: Sendable {
  /// A certificate with its key, each a file in PEM form.
  package struct Identity: Sendable {
    package let certificate: URL
    package let key: URL
  }

  private let folder: URL
  private let own: Identity

  /// The certificate that others have to trust.
  package var certificate: URL { own.certificate }

  /// - Parameter folder: Keeps all files. It is created if it does not exist.
  package init(in folder: URL, name: String = "authority") throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    own = Self.files(name, in: folder)
    try run(
      ["req", "-x509"] + Self.newKey + ["-days", "2", "-subj", "/CN=\(name)"],
      ["-keyout", own.key.path, "-out", own.certificate.path])
  }

  /// Signs a certificate.
  ///
  /// - Parameters:
  ///   - name: Names its files.
  ///   - subjects: What it is for, such as `DNS:localhost` and `IP:127.0.0.1`.
  ///   - days: How long it is valid; 0 for one that expires within a second.
  package func issue(
    _ name: String, for subjects: [String] = ["DNS:localhost", "IP:127.0.0.1"], days: Int = 2
  ) throws -> Identity {
    let files = Self.files(name, in: folder)
    let (request, extensions) = (file("\(name).csr"), file("\(name).ext"))
    try Data("subjectAltName=\(subjects.joined(separator: ","))\n".utf8).write(to: extensions)
    try run(
      ["req"] + Self.newKey + ["-subj", "/CN=\(name)"], ["-keyout", files.key.path, "-out", request.path])
    try run(
      ["x509", "-req", "-in", request.path, "-CA", own.certificate.path, "-CAkey", own.key.path],
      ["-set_serial", "\(UInt32.random(in: 1 ... .max))", "-days", "\(days)", "-extfile", extensions.path],
      ["-out", files.certificate.path])
    return files
  }

  /// Options by which a redis-server takes only encrypted connections on a port, and as a node or replica speaks
  /// to others in the same way.
  ///
  /// - Parameter asksClients: Whether clients need a certificate too.
  package func redisOptions(port: Int, as identity: Identity, asksClients: Bool = false) -> [String] {
    [
      "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", identity.certificate.path, "--tls-key-file",
      identity.key.path, "--tls-ca-cert-file", certificate.path, "--tls-auth-clients",
      asksClients ? "yes" : "no",
      "--tls-replication", "yes", "--tls-cluster", "yes",
    ]
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private static func files(_ name: String, in folder: URL) -> Identity {
    Identity(
      certificate: folder.appending(path: "\(name).crt"), key: folder.appending(path: "\(name).key"))
  }

  private func file(_ name: String) -> URL { folder.appending(path: name) }

  private func run(_ arguments: [String]...) throws {
    let log = file("openssl.log")
    let openssl = try RunningProcess("openssl", arguments.flatMap(\.self), log: log)
    openssl.wait()
    guard openssl.exitStatus == 0 else {
      throw Failure(description: "openssl: \((try? String(contentsOf: log, encoding: .utf8)) ?? "no output")")
    }
  }

  private struct Failure: Error, CustomStringConvertible { let description: String }
}
