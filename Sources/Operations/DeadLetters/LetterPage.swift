import Market
import Redis

/// Which dead letters are meant: all, or those of a worker, for a reason, or both.
package struct LetterFilter: Equatable, Sendable {
  package let worker: String?
  package let reason: String?

  package init(worker: String? = nil, reason: String? = nil) {
    self.worker = worker
    self.reason = reason
  }

  func takes(_ letter: DeadLetter) -> Bool {
    (worker ?? letter.worker) == letter.worker && (reason ?? letter.reason) == letter.reason
  }
}

/// Some dead letters, the newest first, and how many there are of each kind.
package struct LetterPage: Sendable {
  /// The letters of one worker for one reason.
  package struct Group: Hashable, Comparable, Sendable {
    package let worker: String
    package let reason: String

    package static func < (left: Group, right: Group) -> Bool {
      (left.worker, left.reason) < (right.worker, right.reason)
    }
  }

  package fileprivate(set) var letters: [DeadLetter] = []
  /// How many of the meant letters are older than these.
  package fileprivate(set) var older = 0
  /// How many letters are meant.
  package fileprivate(set) var count = 0
  /// How many letters there are, of every worker and reason.
  package fileprivate(set) var groups: [Group: Int] = [:]
}

extension DeadLetterOffice {
  /// Returns a page of dead letters. Reads all of them, and keeps only the page.
  ///
  /// - Parameters:
  ///   - id: Only letters before this one; nil begins with the newest.
  ///   - size: The most letters of the page.
  package func page(
    _ filter: LetterFilter = LetterFilter(), before id: String? = nil, size: Int
  ) throws(RedisError) -> LetterPage {
    var page = LetterPage()
    let end = id.map(LetterPlace.init)
    var candidates = 0
    try eachPage { letters in
      for letter in letters {
        page.groups[.init(worker: letter.worker, reason: letter.reason), default: 0] += 1
        guard filter.takes(letter) else { continue }
        page.count += 1
        if let end, !(LetterPlace(letter.id) < end) { continue }
        candidates += 1
        page.letters.append(letter)
      }
      guard page.letters.count > size else { return }
      page.letters.sort { LetterPlace($1.id) < LetterPlace($0.id) }
      page.letters.removeLast(page.letters.count - size)
    }
    page.letters.sort { LetterPlace($1.id) < LetterPlace($0.id) }
    page.older = candidates - page.letters.count
    return page
  }

  /// Returns the meant letters, the oldest first, at most `limit`, and how many there are in all.
  package func letters(
    _ filter: LetterFilter, limit: Int
  ) throws(RedisError) -> (letters: [DeadLetter], count: Int) {
    var (found, count): ([DeadLetter], Int) = ([], 0)
    try eachPage { letters in
      let meant = letters.filter(filter.takes)
      count += meant.count
      found += meant.prefix(limit - found.count)
    }
    return (found.sorted { $0.position < $1.position }, count)
  }
}

/// The place of a letter among all: when it was put aside, and then by its slot.
private struct LetterPlace: Comparable {
  let position: EntryID
  let tag: Substring

  init(_ id: String) {
    tag = id.prefix { $0 != "/" }
    position = EntryID(id.dropFirst(tag.count + 1)) ?? .zero
  }

  static func < (left: LetterPlace, right: LetterPlace) -> Bool {
    (left.position, left.tag) < (right.position, right.tag)
  }
}
