extension RedisError {
  /// What an error reply is about: its first word. Scripts can return kinds of their own.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
  }
}

/// The kinds that Redis itself returns, as far as somebody reacts to them.
extension RedisError.Kind {
  /// The key's slot is moving to another node, which alone can execute the command.
  public static let ask = Self(rawValue: "ASK")
  /// An error without a kind of its own.
  public static let generic = Self(rawValue: "ERR")
  /// A script runs for so long that nothing else is answered.
  public static let busy = Self(rawValue: "BUSY")
  /// The consumer group exists already.
  public static let busyGroup = Self(rawValue: "BUSYGROUP")
  public static let clusterDown = Self(rawValue: "CLUSTERDOWN")
  /// The server is reading its data from disk.
  public static let loading = Self(rawValue: "LOADING")
  /// A replica that has lost its primary.
  public static let masterDown = Self(rawValue: "MASTERDOWN")
  /// Writes are refused because the data cannot be stored on disk.
  public static let misconfigured = Self(rawValue: "MISCONF")
  /// The key's slot belongs to another node.
  public static let moved = Self(rawValue: "MOVED")
  public static let noAuthentication = Self(rawValue: "NOAUTH")
  /// This Redis user has no right to the command or the key.
  public static let noPermission = Self(rawValue: "NOPERM")
  /// Writes are refused because too few replicas follow.
  public static let noReplicas = Self(rawValue: "NOREPLICAS")
  /// The script of an `EVALSHA` is not loaded.
  public static let noScript = Self(rawValue: "NOSCRIPT")
  public static let outOfMemory = Self(rawValue: "OOM")
  /// A write to a replica.
  public static let readOnly = Self(rawValue: "READONLY")
  /// The keys' slot is moving to another node, and not all of them are on the same one.
  public static let tryAgain = Self(rawValue: "TRYAGAIN")
  /// A blocking command ended because the server is no longer the primary.
  public static let unblocked = Self(rawValue: "UNBLOCKED")
  public static let wrongPassword = Self(rawValue: "WRONGPASS")
  public static let wrongType = Self(rawValue: "WRONGTYPE")
}
