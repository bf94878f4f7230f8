import Synchronization

/// The tails that somebody listens to. Each one reads all journals, so there are only a few.
final class OpenTails: Sendable {
  /// The place of a tail among them, which is free again once nobody holds this.
  final class Place: Sendable {
    private let tails: OpenTails
    let feed: TailFeed

    fileprivate init(_ feed: TailFeed, in tails: OpenTails) {
      self.feed = feed
      self.tails = tails
    }

    deinit {
      feed.end()
      tails.remove(feed)
    }
  }

  private struct State {
    var feeds: [ObjectIdentifier: TailFeed] = [:]
    var isClosed = false
  }

  private static let most = 5

  private let state = Mutex(State())

  /// Takes a place for a tail. Throws if all are taken.
  func place(for feed: TailFeed) throws -> Place {
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
    return Place(feed, in: self)
  }

  private func remove(_ feed: TailFeed) { state.withLock { $0.feeds[ObjectIdentifier(feed)] = nil } }

  /// Ends all of them, and takes no more.
  func end() {
    let feeds = state.withLock { state in
      state.isClosed = true
      return Array(state.feeds.values)
    }
    for feed in feeds { feed.end() }
  }
}
