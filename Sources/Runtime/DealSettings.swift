import ArgumentParser
import Foundation
import Market

/// The settings of the trade worker about deals: how long each may take, and what is allowed.
package struct DealSettings: ParsableArguments, Sendable {
  private static let usual = Policy()
  /// Ten years: no deal is meant to take longer.
  private static let longest = 3650 * Policy.day
  private static let mostReminders = 8
  private static let usualTimeZone = "Asia/Seoul"

  private enum OneEach: String, CaseIterable { case off, on }

  private enum OwnListing: String, CaseIterable { case allowed, refused }

  @Option(
    name: .customLong("expiry-hours"),
    help: ArgumentHelp(
      "How long after its date a deal that was not handed over ends; 0 for never.",
      discussion: "HANDOVER_EXPIRY_HOURS; \(usual.expiry / Policy.hour) if neither is given.",
      valueName: "hours"))
  package var expiry: String?

  @Option(
    name: .customLong("reminder-hours"),
    help: ArgumentHelp(
      "How long before its date the two sides of a deal are reminded, separated by commas; 0 for never.",
      discussion: """
        HANDOVER_REMINDER_HOURS; \(usual.reminders.map { "\($0 / Policy.hour)" }.joined(separator: ",")) if \
        neither is given.
        """, valueName: "hours"))
  package var reminders: String?

  @Option(
    name: .customLong("waiting-days"),
    help: ArgumentHelp(
      "How long a deal waits at most; 0 for any time.",
      discussion: "HANDOVER_WAITING_DAYS; \(usual.waiting / Policy.day) if neither is given.",
      valueName: "days"))
  package var waiting: String?

  @Option(
    name: .customLong("receipt-days"),
    help: ArgumentHelp(
      "How long after the handover a deal completes itself, if its buyer has to confirm it; 0 for never.",
      discussion: "HANDOVER_RECEIPT_DAYS; \(usual.receipt / Policy.day) if neither is given.",
      valueName: "days"))
  package var receipt: String?

  @Option(
    name: .customLong("listing-reminder-days"),
    help: ArgumentHelp(
      "How often a seller is reminded of an open listing; 0 for never.",
      discussion:
        "HANDOVER_LISTING_REMINDER_DAYS; \(usual.listingReminder / Policy.day) if neither is given.",
      valueName: "days"))
  package var listingReminder: String?

  @Option(
    name: .customLong("time-zone"),
    help: ArgumentHelp(
      "The time zone of dates that name none.",
      discussion: "HANDOVER_TIME_ZONE; \(usualTimeZone) if neither is given.", valueName: "zone"))
  package var timeZone: String?

  @Option(
    help: ArgumentHelp(
      "Whose price counts: free (any that the buyer offers) or listing (only the seller's).",
      discussion: "HANDOVER_PRICE; free if neither is given.", valueName: "rule"))
  package var price: String?

  @Option(
    name: .customLong("one-reservation-each"),
    help: ArgumentHelp(
      "Whether a user may have only one reservation for a product that waits or runs: off or on.",
      discussion: "HANDOVER_ONE_RESERVATION_EACH; off if neither is given.", valueName: "rule"))
  package var oneReservationEach: String?

  @Option(
    name: .customLong("own-listing"),
    help: ArgumentHelp(
      "Whether sellers may reserve what they sell: allowed or refused.",
      discussion: "HANDOVER_OWN_LISTING; allowed if neither is given.", valueName: "rule"))
  package var ownListing: String?

  package init() {}

  /// Returns what deals are decided by. Throws if a setting makes no sense.
  ///
  /// - Parameter codes: what makes the codes of handovers; nil for no codes.
  package func policy(codes: HandoverCodes?) throws -> Policy {
    let zone = try zone()
    var policy = Policy { zone.utc(local: $0) }
    policy.expiry = try Self.period(expiry, "handover.expiry.hours", in: Policy.hour) ?? policy.expiry
    policy.reminders = try periods(reminders, "handover.reminder.hours", in: Policy.hour) ?? policy.reminders
    policy.waiting = try Self.period(waiting, "handover.waiting.days", in: Policy.day) ?? policy.waiting
    policy.receipt = try Self.period(receipt, "handover.receipt.days", in: Policy.day) ?? policy.receipt
    policy.listingReminder =
      try Self.period(listingReminder, "handover.listing.reminder.days", in: Policy.day)
      ?? policy.listingReminder
    policy.price = try choice(price, "handover.price") ?? policy.price
    policy.oneReservationEach = try choice(oneReservationEach, "handover.one.reservation.each") == OneEach.on
    policy.allowsOwnListing = try choice(ownListing, "handover.own.listing") != OwnListing.refused
    policy.codes = codes
    return policy
  }

  private func zone() throws -> TimeZone {
    let (name, text) =
      Self.given(timeZone, "handover.time.zone")
      ?? (Settings.variable("handover.time.zone"), Self.usualTimeZone)
    guard let zone = TimeZone(identifier: text) else {
      throw ValidationError(
        "\(name) is “\(text)”: it must be a time zone such as \(Self.usualTimeZone) or UTC.")
    }
    return zone
  }

  /// Returns a setting and its name: a flag, or else a variable of the environment; nil if neither is given.
  private static func given(_ flag: String?, _ key: String) -> (name: String, text: String)? {
    if let flag { return ("--" + key.dropFirst("handover.".count).replacing(".", with: "-"), flag) }
    return Settings.text(key).map { (Settings.variable(key), $0) }
  }

  static func period(_ flag: String?, _ key: String, in unit: Int) throws -> Int? {
    try given(flag, key).map { try milliseconds($0.text, in: unit, $0.name) }
  }

  private func periods(_ flag: String?, _ key: String, in unit: Int) throws -> [Int]? {
    guard let (name, text) = Self.given(flag, key) else { return nil }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= Self.mostReminders else {
      throw ValidationError("\(name) has \(parts.count) times: it must have at most \(Self.mostReminders).")
    }
    return try parts.map { try Self.milliseconds($0.trimmingCharacters(in: .whitespaces), in: unit, name) }
      .filter { $0 > 0 }
  }

  private static func milliseconds(_ text: String, in unit: Int, _ name: String) throws -> Int {
    let most = longest / unit
    guard let number = Double(text), (0...Double(most)).contains(number) else {
      throw ValidationError("\(name) is “\(text)”: it must be a number from 0 to \(most).")
    }
    // Only 0 turns a period off.
    return number == 0 ? 0 : max(1, Int((number * Double(unit)).rounded()))
  }

  private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ flag: String?, _ key: String
  ) throws -> Choice? {
    guard let (name, text) = Self.given(flag, key) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("\(name) is “\(text)”: it must be \(words).")
    }
    return choice
  }
}
