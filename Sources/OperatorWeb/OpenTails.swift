import Synchronization

/// The tails that somebody listens to. Each one reads all journals, so there are only a few.
final class OpenTails: Sendable {
  private struct State {
    var feeds: [ObjectIdentifier: TailFeed] = [:]
    var isClosed = false
  }

  private static let most = 5

  private let state = Mutex(State())

  /// Throws if there are too many.
  func add(_ feed: TailFeed) throws {
    let isWelcome = state.withLock { state in
      guard state.feeds.count < Self.most, !state.isClosed else { return false }
      state.feeds[ObjectIdentifier(feed)] = feed
      return true
    }
    guard isWelcome else {
      throw Failure(
        .tooManyRequests, "tooManyTails", "\(Self.most) tails are open already: close one.",
        headers: [.retryAfter: "5"])
    }
  }

  func remove(_ feed: TailFeed) { state.withLock { $0.feeds[ObjectIdentifier(feed)] = nil } }

  /// Ends all of them, and takes no more.
  func end() {
    let feeds = state.withLock { state in
      state.isClosed = true
      return Array(state.feeds.values)
    }
    for feed in feeds { feed.end() }
  }
}
