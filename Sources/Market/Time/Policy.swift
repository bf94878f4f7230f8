/// What an operator has decided about deals: how long each may take, and what is allowed.
///
/// Decisions write the times that follow from it into their events, so that what was decided stays decided, and a
/// replay needs no policy.
public struct Policy: Sendable {
  /// Who says what the goods cost.
  public enum Price: String, CaseIterable, Sendable {
    /// The buyer: any price is taken.
    case free
    /// The seller: only the listing's price is taken.
    case listing
  }

  /// All periods are in milliseconds; 0 turns one off.
  ///
  /// How long after its date a deal that was not handed over ends.
  public var expiry = 24 * hour
  /// How long before its date the two sides of a deal are reminded.
  public var reminders = [24 * hour, hour]
  /// How long a deal waits at most; it also ends with its date.
  public var waiting = 14 * day
  /// How long after the handover a deal completes itself, if its buyer has to confirm it.
  public var receipt = 3 * day
  /// After how long, and then how often, a seller is reminded of a listing.
  public var listingReminder = 60 * day
  /// How long what has ended is kept until it leaves for the archive. No decision depends on it: the worker's clock
  /// lets the end come back only then.
  public var keepEnded = 90 * day
  /// How often a wrong code can be tried, and how long the deal then takes none.
  public var wrongCodes = 5
  public var codePause = 5 * minute

  public var price = Price.free
  /// Whether a user may have only one reservation for a product that waits or runs.
  public var oneReservationEach = false
  /// Whether sellers may reserve what they sell.
  public var allowsOwnListing = true
  /// What makes handover codes; nil if there are none.
  public var codes: HandoverCodes?

  /// Returns the time in UTC of a local time, both in milliseconds since 1970.
  public var utc: @Sendable (_ local: Int) -> Int

  /// - Parameter utc: the time zone of dates that name none; nil for nine hours before UTC, as in Seoul.
  public init(utc: (@Sendable (_ local: Int) -> Int)? = nil) {
    self.utc = utc ?? { $0 - 9 * Self.hour }
  }

  public static let minute = 60_000
  public static let hour = 60 * minute
  public static let day = 24 * hour

  /// Nothing ends or is reminded by itself.
  public static var timeless: Policy {
    var policy = Policy()
    policy.expiry = 0
    policy.reminders = []
    policy.waiting = 0
    policy.receipt = 0
    policy.listingReminder = 0
    policy.keepEnded = 0
    return policy
  }
}

extension Policy {
  /// Returns when a date is over: a day at its end, a time at once. Nil for a text that is no date.
  func end(of reserveDt: String) -> Moment? {
    guard let date = DealDate(reserveDt) else { return nil }
    return moment(date.time + (date.isDay ? Self.day : 0), of: date)
  }

  /// Returns when people would meet on a date, for reminders: a day counts from its noon.
  private func meeting(on date: DealDate) -> Moment {
    moment(date.time + (date.isDay ? Self.day / 2 : 0), of: date)
  }

  private func moment(_ time: Int, of date: DealDate) -> Moment {
    Moment(milliseconds: UInt64(clamping: date.hasZone ? time : utc(time)))
  }

  /// Returns the times of a deal that starts, or gets another date.
  ///
  /// A date that is over already says nothing about who did not show up: the deal then has its time from now on.
  func course(running reserveDt: String, at now: Moment) -> Course {
    var course = Course()
    if expiry > 0 { course.until = max(end(of: reserveDt) ?? now, now).advanced(by: expiry) }
    course.remindAt = nextReminder(of: reserveDt, after: now)
    return course
  }

  /// Returns when to remind the two sides next; nil if there is no reminder left.
  func nextReminder(of reserveDt: String, after now: Moment) -> Moment? {
    guard let date = DealDate(reserveDt) else { return nil }
    let meeting = meeting(on: date)
    return reminders.lazy.filter { $0 > 0 }.map { meeting.advanced(by: -$0) }.filter { $0 > now }.min()
  }

  /// Returns the times of a deal that waits since `arrived`.
  ///
  /// A date that was over when the deal came does not end it.
  func course(waiting reserveDt: String, since arrived: Moment) -> Course {
    var course = Course()
    guard waiting > 0 else { return course }
    let longest = arrived.advanced(by: waiting)
    let end = end(of: reserveDt)
    course.until = end.map { $0 > arrived ? min($0, longest) : longest } ?? longest
    return course
  }

  /// Returns the times of a deal whose goods were handed over, and whose buyer has to confirm it.
  func course(handedOverAt now: Moment) -> Course {
    var course = Course()
    if receipt > 0 { course.until = now.advanced(by: receipt) }
    return course
  }

  /// Returns when to remind the seller of a listing next; nil if never.
  func listingReminder(after now: Moment) -> Moment? {
    listingReminder > 0 ? now.advanced(by: listingReminder) : nil
  }
}
