import Synchronization

/// Bounds how many items large pages hold at once, until their clients have received them.
final class PageAllowance: Sendable {
  /// A share of the allowance, returned when its last reference goes away.
  final class Share: Sendable {
    private let allowance: PageAllowance
    private let items: Int

    fileprivate init(of allowance: PageAllowance, items: Int) {
      self.allowance = allowance
      self.items = items
    }

    deinit { allowance.taken.withLock { $0 -= items } }
  }

  private let most: Int
  private let taken = Mutex(0)

  init(most: Int) { self.most = most }

  /// Takes a share. Throws a 503 if too little is left.
  func take(_ items: Int) throws(Problem) -> Share {
    let isTaken = taken.withLock { taken in
      guard taken + items <= most else { return false }
      taken += items
      return true
    }
    guard isTaken else {
      throw .passing(
        .tooManyPages,
        "Too many large pages are being read. Try again soon, or read \(PageRequest().size) items at a time.",
        message: "지금은 큰 목록을 읽을 수 없습니다. 잠시 뒤에 다시 시도해 주세요.")
    }
    return Share(of: self, items: items)
  }
}
