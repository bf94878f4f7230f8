import Redis

/// The kinds of errors that the scripts of lanes return.
extension RedisError.Kind {
  /// Another owner has the lane. Nothing was changed.
  public static let fenced = Self(rawValue: "FENCED")
  /// A commit failed in the middle, and the rest of it is kept. See `LaneHalt`.
  public static let halted = Self(rawValue: "HALTED")
  /// The first write of a commit failed. Nothing was changed.
  public static let refused = Self(rawValue: "REFUSED")
}
