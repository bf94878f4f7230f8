import Redis

/// What an error of Redis means for the lane it belongs to.
enum LaneFailure {
  /// Another owner has it.
  case fenced
  /// It can be tried again without anybody doing anything.
  case passing
  /// It cannot go on until somebody has mended something.
  case trouble(LaneTrouble)

  /// Throws what is wrong with the connection, and so concerns all its lanes.
  ///
  /// - Parameter inCommit: whether the commit itself was refused.
  init(_ error: RedisError, of lane: LaneName, inCommit: Bool = false) throws(RedisError) {
    if error.endsConnection { throw error }
    switch error.code {
    case .badURL, .unavailable, .timeout, .replyTooLarge: throw error
    case .overloaded: self = .passing
    case .unexpectedReply, .missing: self = .trouble(.refused(error.message))
    case .refused(kind: "NOSCRIPT"): throw error
    case .refused(kind: "FENCED"): self = .fenced
    case .refused(kind: "HALTED"):
      self = .trouble(.unfinishedCommit(reason: error.message, halt: lane.halt))
    case .refused(kind: "REFUSED"): self = .trouble(.refused(error.message))
    case .refused:
      self =
        error.canRetry
        ? .passing : .trouble(inCommit ? .unknownState(error.message) : .refused(error.message))
    }
  }
}
