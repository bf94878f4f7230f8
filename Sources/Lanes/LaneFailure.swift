import Redis

/// What an error from Redis means for the lane it belongs to.
enum LaneFailure {
  /// Another owner has the lane.
  case fenced
  /// The lane can try again; nobody needs to act.
  case passing(RedisError)
  /// The lane cannot continue until somebody removes the cause.
  case trouble(LaneTrouble)

  /// Classifies an error. Throws it if it concerns the connection, and so all its lanes.
  ///
  /// - Parameter inCommit: Whether the commit itself was refused.
  init(_ error: RedisError, of lane: LaneName, inCommit: Bool = false) throws(RedisError) {
    if error.endsConnection { throw error }
    switch error.code {
    case .badURL, .unavailable, .timeout, .untrusted, .replyTooLarge: throw error
    case .overloaded: self = .passing(error)
    case .unexpectedReply: self = .trouble(.refused(error.message))
    case .refused(kind: .noScript): throw error
    case .refused(kind: .fenced): self = .fenced
    case .refused(kind: .halted):
      self = .trouble(.unfinishedCommit(reason: error.message, halt: lane.halt))
    case .refused(kind: .refused): self = .trouble(.refused(error.message))
    case .refused:
      self =
        error.canRetry
        ? .passing(error) : .trouble(inCommit ? .unknownState(error.message) : .refused(error.message))
    }
  }
}
