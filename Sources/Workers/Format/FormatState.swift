import Keys
import Lanes
import Redis

/// What `handover:format` says.
package struct FormatState: Equatable, Sendable {
  /// The format in which replicas write.
  package let writes: Int
  /// The release that raised it last; nil for data of releases without formats.
  package let release: String?
  /// Whether an operator keeps it from being raised by itself.
  package let isHeld: Bool

  package init(on link: any RedisLink) throws(RedisError) {
    var ask = Commands()
    Self.ask(&ask)
    self.init(try link.exchange(ask)[0].get())
  }

  /// Asks for what `init(_:)` takes.
  package static func ask(_ commands: inout Commands) {
    commands.add("HMGET", Key.format, "writes", "by", "hold")
  }

  package init(_ found: Reply) {
    writes = found[0]?.integer ?? DataFormat.first
    release = found[1]?.string
    isHeld = found[2].map { !$0.isNull } ?? false
  }

  /// Why this release cannot work on the data, and what to do; nil if it can.
  package var obstacle: String? {
    guard writes > DataFormat.current else { return nil }
    return """
      The data in Redis is of format \(writes), and this release, \(Release.version), reads up to \
      \(DataFormat.current): start release \(release ?? "of whoever raised it") or a later one.
      """
  }

  /// Raises what is written by one format, unless somebody else has changed it meanwhile.
  ///
  /// `KEYS[1]` is the format; `ARGV`: the number as it is, the release, and 1 to raise it even if it is held.
  private static let raise = Script(
    """
    local writes=redis.call('HGET',KEYS[1],'writes') or '\(DataFormat.first)'
    if writes~=ARGV[1] or (ARGV[3]~='1' and redis.call('HEXISTS',KEYS[1],'hold')==1) then return 0 end
    redis.call('HSET',KEYS[1],'writes',writes+1,'by',ARGV[2])
    return 1
    """)

  /// Raises what is written to the next format. Returns whether it did; not if the state has changed meanwhile.
  ///
  /// - Parameter isAsked: Whether an operator asks for it: then it is raised even if it is held.
  package func raise(isAsked: Bool = false, on link: any RedisLink) throws(RedisError) -> Bool {
    try link.evaluate(
      Self.raise, keys: [Key.format], "\(writes)", Release.version, isAsked ? "1" : "0"
    ).integer == 1
  }

  /// Keeps it from being raised by itself, or no longer does.
  package static func hold(_ isHeld: Bool, on link: any RedisLink) throws(RedisError) {
    if isHeld {
      try link.call("HSET", Key.format, "hold", "1")
    } else {
      try link.call("HDEL", Key.format, "hold")
    }
  }
}

extension Build {
  /// This release.
  package static let this = Build(reads: DataFormat.current, release: Release.version)
}

/// All living replicas, and what they can read.
package struct Fleet: Sendable {
  package struct Member: Equatable, Sendable {
    /// The worker, or `ingress`.
    package let role: String
    package let name: String
    /// The highest format that it reads.
    package let reads: Int
    /// Nil for releases that did not tell.
    package let release: String?

    package init(_ replica: Replica, of role: String) {
      self.role = role
      name = replica.name
      reads = replica.build?.reads ?? DataFormat.first
      release = replica.build?.release
    }
  }

  /// The role of an ingress among the workers.
  package static let ingress = "ingress"
  /// All roles that replicas register in.
  package static let roles = WorkerKind.allCases.map(\.rawValue) + [ingress]

  package let members: [Member]

  package init(on link: any RedisLink) throws(RedisError) {
    var members: [Member] = []
    for role in Self.roles {
      members += try Replica.living(of: role, over: link).map { Member($0, of: role) }
    }
    self.members = members
  }

  /// Returns why no replica may write a format yet; nil if all can follow.
  ///
  /// A worker of which no replica lives can be one that is just restarted, in whichever release.
  package func obstacle(to format: Int) -> String? {
    if let old = members.first(where: { $0.reads < format }) {
      let release = old.release ?? "before formats were told"
      return "\(old.name) of the \(old.role) reads only format \(old.reads) (its release: \(release))"
    }
    let missing = WorkerKind.allCases.map(\.rawValue).filter { role in !members.contains { $0.role == role } }
    return missing.isEmpty ? nil : "no replica lives of \(missing.joined(separator: ", "))"
  }
}
