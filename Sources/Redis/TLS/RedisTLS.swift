import NIOSSL
import Synchronization

/// How connections to Redis are encrypted. The certificate and the name of a server are always verified.
public struct RedisTLS: Sendable, Equatable {
  /// What proves to servers who this client is.
  public struct Identity: Sendable, Equatable {
    /// A certificate, and those that lead from it to one that servers trust. PEM.
    public var certificateFile: String
    /// The key of the certificate. PEM, without a pass phrase.
    public var keyFile: String

    public init(certificateFile: String, keyFile: String) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  /// The certificates that a server's has to be signed by, PEM; the trust store of the system if nil.
  public var caFile: String?
  /// For servers that ask for a certificate.
  public var identity: Identity?
  /// The name or IP address that certificates must be for, and that servers are told; the host that is
  /// connected to if nil.
  public var serverName: String?

  public init(caFile: String? = nil, identity: Identity? = nil, serverName: String? = nil) {
    self.caFile = caFile
    self.identity = identity
    self.serverName = serverName
  }

  /// Where distributions keep the certificates that a system trusts: Debian and those that follow it, Fedora.
  private static let trustStores = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
  /// More than the trust store of any distribution.
  private static let mostBytes = 2 << 20

  /// What the files contain.
  private struct Material: Equatable {
    let authorities: [UInt8]
    let identity: [[UInt8]]
  }

  /// The material that was read last, ready to be used.
  private static let last = Mutex<(material: Material, context: NIOSSLContext)?>(nil)

  /// The file whose certificates are trusted.
  func trustFile() throws(RedisError) -> String {
    if let caFile { return caFile }
    guard let store = Self.trustStores.first(where: SmallFile.exists) else {
      throw RedisError(
        .untrusted,
        """
        This system has no certificates that it trusts (apt-get install ca-certificates): install them, or name \
        those that sign Redis' certificate in HANDOVER_REDIS_CA_FILE.
        """)
    }
    return store
  }

  /// Throws `.untrusted` unless all files can be read and understood.
  public func check() throws(RedisError) { _ = try context() }

  /// Reads all files again, so that certificates can be replaced while the system runs, and returns what they
  /// mean. They are parsed again only if they have changed.
  func context() throws(RedisError) -> NIOSSLContext {
    let trustFile = try trustFile()
    func read(_ path: String, _ what: String) throws(RedisError) -> [UInt8] {
      try SmallFile.bytes(of: path, most: Self.mostBytes, what: what)
    }
    var own: [[UInt8]] = []
    if let identity {
      own = [
        try read(identity.certificateFile, "the client certificate (HANDOVER_REDIS_CERT_FILE)"),
        try read(identity.keyFile, "the key of the client certificate (HANDOVER_REDIS_KEY_FILE)"),
      ]
    }
    let material = Material(
      authorities: try read(trustFile, "the certificates to trust (HANDOVER_REDIS_CA_FILE)"), identity: own)
    if let known = Self.last.withLock({ $0?.material == material ? $0?.context : nil }) { return known }
    let context = try Self.parse(material, trustFile, identity)
    Self.last.withLock { $0 = (material, context) }
    return context
  }

  private static func parse(
    _ material: Material, _ trustFile: String, _ identity: Identity?
  ) throws(RedisError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.certificateVerification = .fullVerification
    configuration.trustRoots = .certificates(
      try understood(
        "\(trustFile) has no certificate in PEM form: name the file of the CA that signed Redis'."
      ) {
        try NIOSSLCertificate.fromPEMBytes(material.authorities)
      })
    guard let identity else {
      return try understood("TLS cannot be set up") { try NIOSSLContext(configuration: configuration) }
    }
    let chain = try understood("\(identity.certificateFile) has no certificate in PEM form.") {
      try NIOSSLCertificate.fromPEMBytes(material.identity[0])
    }
    configuration.certificateChain = chain.map { .certificate($0) }
    configuration.privateKey = .privateKey(
      try understood("\(identity.keyFile) has no key in PEM form without a pass phrase.") {
        try NIOSSLPrivateKey(bytes: material.identity[1], format: .pem)
      })
    return try understood(
      """
      \(identity.keyFile) is not the key of the certificate in \(identity.certificateFile): name the two that \
      belong together.
      """
    ) { try NIOSSLContext(configuration: configuration) }
  }

  private static func understood<Value>(
    _ complaint: String, _ parse: () throws -> Value
  ) throws(RedisError) -> Value {
    do { return try parse() } catch { throw RedisError(.untrusted, complaint) }
  }
}
